import type { Hand, Tool } from "./tool";

/** The hand of a picture that is only looked at: it drags the picture. */
export class PanTool implements Tool {
  readonly cursor = "default";
  private readonly pan: (dx: number, dy: number) => void;
  private last: Hand | null = null;

  constructor(pan: (dx: number, dy: number) => void) {
    this.pan = pan;
  }

  down(hand: Hand): void {
    this.last = hand;
  }

  move(hand: Hand): void {
    if (!this.last) return;
    this.pan(hand.canvas.x - this.last.canvas.x, hand.canvas.y - this.last.canvas.y);
    this.last = hand;
  }

  up(): void {
    this.last = null;
  }

  hover(): void {}

  cancel(): void {
    this.last = null;
  }

  confirm(): boolean {
    return false;
  }

  remove(): boolean {
    return false;
  }

  draw(): void {}
}
