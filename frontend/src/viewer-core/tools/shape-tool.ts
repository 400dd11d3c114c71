import type { FramePoint } from "@/geometry/frame-plane";

import type { Shape } from "../change";
import type { PlacedFrame } from "../series-geometry";
import { addShape, drawShape, shapeOf } from "./shapes";
import type { Hand, Sketch, Tool, ToolContext } from "./tool";

const NAMES: Readonly<Record<"box" | "length" | "polyline" | "point", string>> = {
  box: "Box",
  length: "Length",
  polyline: "Polyline",
  point: "Point",
};

/** Draws shapes of the schema: box and length by dragging, point by a click, polyline by clicks. */
export class ShapeTool implements Tool {
  readonly cursor = "crosshair";
  private readonly context: ToolContext;
  private readonly kind: keyof typeof NAMES;
  private frame: PlacedFrame | null = null;
  private points: FramePoint[] = [];
  private tip: FramePoint | null = null;

  constructor(context: ToolContext, kind: keyof typeof NAMES) {
    this.context = context;
    this.kind = kind;
  }

  down(hand: Hand): void {
    if (!this.context.shapeStyle(this.kind)) {
      this.context.say(`This project's schema has no ${NAMES[this.kind].toLowerCase()}.`);
      return;
    }
    if (this.frame && this.frame.key !== hand.frame.key) this.cancel();
    this.frame = hand.frame;
    this.points.push(hand.point);
    this.tip = hand.point;
    if (this.kind === "point") this.confirm();
  }

  move(hand: Hand): void {
    if (this.frame?.key === hand.frame.key) this.tip = hand.point;
    this.context.redraw();
  }

  up(hand: Hand): void {
    this.move(hand);
    const [first] = this.points;
    const isDrag = this.kind === "box" || this.kind === "length";
    if (!isDrag || !first || !this.tip) return;
    if (first.i === this.tip.i && first.j === this.tip.j) {
      this.cancel();
      return;
    }
    this.points.push(this.tip);
    this.confirm();
  }

  hover(hand: Hand | null): void {
    this.tip = hand?.point ?? null;
    if (this.points.length > 0) this.context.redraw();
  }

  cancel(): void {
    this.points = [];
    this.frame = null;
    this.context.redraw();
  }

  confirm(): boolean {
    const { frame } = this;
    const style = this.context.shapeStyle(this.kind);
    const points = withoutRepeats(this.points);
    const hadPoints = points.length > 0;
    this.cancel();
    const wanted = this.kind === "point" ? 1 : 2;
    if (style && frame && points.length >= wanted) {
      addShape(this.context.editor, NAMES[this.kind], { kind: this.kind, style, frame, points });
    }
    return hadPoints;
  }

  remove(): boolean {
    const removed = this.points.pop();
    this.context.redraw();
    return removed !== undefined;
  }

  draw(sketch: Sketch): void {
    if (this.frame?.key !== sketch.frame.key || this.points.length === 0) return;
    const shape = this.shape(this.tip ? [...this.points, this.tip] : this.points);
    const color = this.context.shapeStyle(this.kind)?.color ?? "#e7eaee";
    if (shape) drawShape(sketch, shape, color, true);
  }

  private shape(points: readonly FramePoint[]): Shape | null {
    const style = this.context.shapeStyle(this.kind);
    return style && this.frame && shapeOf({ kind: this.kind, style, frame: this.frame, points });
  }
}

/** A double click sets its point twice. */
function withoutRepeats(points: readonly FramePoint[]): readonly FramePoint[] {
  return points.filter((point, at) => {
    const before = points[at - 1];
    return before?.i !== point.i || before.j !== point.j;
  });
}
