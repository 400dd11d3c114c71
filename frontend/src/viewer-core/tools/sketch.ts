/** A line that can be seen on black and on white. */
export function strokeSketch(context: CanvasRenderingContext2D, color: string): void {
  context.lineWidth = 3.5;
  context.strokeStyle = "rgb(0 0 0 / 50%)";
  context.stroke();
  context.lineWidth = 1.5;
  context.strokeStyle = color;
  context.stroke();
}

/** A round handle. */
export function dot(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  radius: number,
  color = "#ffffff",
): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = color;
  context.fill();
  context.lineWidth = 1;
  context.strokeStyle = "rgb(0 0 0 / 70%)";
  context.stroke();
}
