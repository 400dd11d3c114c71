import type { Point } from "@/geometry/affine2d";
import { type FramePoint, lpsToPoint, pointToLps } from "@/geometry/frame-plane";

import type { Shape, ShapeKind } from "../change";
import type { Editor } from "../editor";
import type { PlacedFrame } from "../series-geometry";
import type { ShapeStyle } from "../settings";
import { dot, strokeSketch } from "./sketch";
import type { Sketch } from "./tool";

/** The points of a shape on its frame, in voxels. */
export function shapePoints(shape: Shape, frame: PlacedFrame): FramePoint[] {
  if (shape.points_mm_lps)
    return shape.points_mm_lps.map((point) => lpsToPoint(frame.plane, point));
  return (shape.points_ij ?? []).map(([i, j]) => ({ i, j }));
}

/** A shape with its points somewhere else. They are kept in patient space where there is one. */
export function withPoints(
  shape: Omit<Shape, "points_mm_lps" | "points_ij">,
  frame: PlacedFrame,
  points: readonly FramePoint[],
): Shape {
  const { id, shape_id, kind, frame: key, attributes } = shape;
  const bare = { id, shape_id, kind, frame: key, attributes };
  if (frame.isPlaced) {
    return { ...bare, points_mm_lps: points.map((point) => pointToLps(frame.plane, point)) };
  }
  return { ...bare, points_ij: points.map(({ i, j }) => [i, j] as const) };
}

/** A shape as it is drawn, before it is anybody's. */
export interface DrawnShape {
  readonly kind: ShapeKind;
  readonly style: ShapeStyle;
  readonly frame: PlacedFrame;
  readonly points: readonly FramePoint[];
}

export function shapeOf({ kind, style, frame, points }: DrawnShape): Shape {
  const bare = {
    id: crypto.randomUUID(),
    shape_id: style.id,
    kind,
    frame: frame.key,
    attributes: {},
  };
  return withPoints(bare, frame, points);
}

/** Put a drawn shape into the document as one edit. */
export function addShape(editor: Editor, label: string, drawn: DrawnShape): void {
  const shape = shapeOf(drawn);
  editor.edit(label, [{ kind: "shape", id: shape.id, before: null, after: shape }], {
    tool: shape.kind,
    segments: [],
    frames: [shape.frame],
    origin: "manual",
  });
}

/** Take a shape out of the document as one edit. */
export function removeShape(editor: Editor, shape: Shape): void {
  editor.edit("Delete shape", [{ kind: "shape", id: shape.id, before: shape, after: null }], {
    tool: "select",
    segments: [],
    frames: [shape.frame],
    origin: "manual",
  });
}

/** The line of a shape as it is seen; a closed one comes back to its first point. */
export function outlineOf(kind: ShapeKind, points: readonly FramePoint[]): readonly FramePoint[] {
  const [a, b] = points;
  if (!a || !b) return points;
  if (kind === "box" || kind === "rectangle") {
    return [a, { i: b.i, j: a.j }, b, { i: a.i, j: b.j }, a];
  }
  if (kind === "ellipse") return ellipsePoints(a, b);
  return kind === "polygon" ? [...points, a] : points;
}

const ELLIPSE_STEPS = 48;

function ellipsePoints(a: FramePoint, b: FramePoint): FramePoint[] {
  const centre = { i: (a.i + b.i) / 2, j: (a.j + b.j) / 2 };
  return Array.from({ length: ELLIPSE_STEPS + 1 }, (_, step) => {
    const angle = (step / ELLIPSE_STEPS) * 2 * Math.PI;
    return {
      i: centre.i + (Math.cos(angle) * (a.i - b.i)) / 2,
      j: centre.j + (Math.sin(angle) * (a.j - b.j)) / 2,
    };
  });
}

/** The length of a line over the points in millimetres, or in pixels without calibration. */
export function pathLength(points: readonly FramePoint[], frame: PlacedFrame): number {
  return points.slice(1).reduce((sum, point, index) => {
    const before = points[index] ?? point;
    const dx = (point.i - before.i) * frame.spacing_i_mm;
    const dy = (point.j - before.j) * frame.spacing_j_mm;
    return sum + Math.hypot(dx, dy);
  }, 0);
}

/** What is written beside a shape. */
export function shapeCaption(
  shape: Shape,
  points: readonly FramePoint[],
  frame: PlacedFrame,
): string {
  const unit = frame.isCalibrated ? "mm" : "px";
  if (shape.kind === "length" || shape.kind === "polyline") {
    return `${pathLength(points, frame).toFixed(1)} ${unit}`;
  }
  const [a, b] = points;
  if (!a || !b || shape.kind === "polygon" || shape.kind === "point") return "";
  const width = Math.abs(a.i - b.i) * frame.spacing_i_mm;
  const height = Math.abs(a.j - b.j) * frame.spacing_j_mm;
  return `${width.toFixed(1)} × ${height.toFixed(1)} ${unit}`;
}

/** Draw a shape with its caption; a chosen one with its handles. */
export function drawShape(
  { context, place, frame }: Sketch,
  shape: Shape,
  color: string,
  isChosen: boolean,
): void {
  const points = shapePoints(shape, frame);
  const placed = points.map(place);
  const [first] = placed;
  if (!first) return;
  context.beginPath();
  traceShape(context, shape.kind, outlineOf(shape.kind, points).map(place));
  strokeSketch(context, color);
  if (isChosen) for (const { x, y } of placed) dot(context, x, y, 4);
  caption(context, shapeCaption(shape, points, frame), placed.at(-1) ?? first, color);
}

function traceShape(
  context: CanvasRenderingContext2D,
  kind: ShapeKind,
  points: readonly Point[],
): void {
  const [a] = points;
  if (a && kind === "point") traceCross(context, a);
  else tracePath(context, points);
}

function traceCross(context: CanvasRenderingContext2D, { x, y }: Point): void {
  context.moveTo(x - 6, y);
  context.lineTo(x + 6, y);
  context.moveTo(x, y - 6);
  context.lineTo(x, y + 6);
}

function tracePath(context: CanvasRenderingContext2D, points: readonly Point[]): void {
  points.forEach(({ x, y }, index) => {
    if (index === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  });
}

function caption(
  context: CanvasRenderingContext2D,
  text: string,
  { x, y }: Point,
  color: string,
): void {
  if (!text) return;
  context.font = '12px "Inter Variable", system-ui, sans-serif';
  context.lineWidth = 3;
  context.strokeStyle = "rgb(0 0 0 / 80%)";
  context.strokeText(text, x + 8, y - 8);
  context.fillStyle = color;
  context.fillText(text, x + 8, y - 8);
}
