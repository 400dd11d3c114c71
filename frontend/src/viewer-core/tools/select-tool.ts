import type { Point } from "@/geometry/affine2d";
import type { FramePoint } from "@/geometry/frame-plane";

import type { Shape } from "../change";
import { drawShape, outlineOf, removeShape, shapePoints, withPoints } from "./shapes";
import type { Hand, Sketch, Tool, ToolContext } from "./tool";

const GRAB_PX = 10;
const LINE_PX = 7;

interface Grip {
  readonly shape: Shape;
  /** The point that is held; null holds the whole shape. */
  readonly point: number | null;
  readonly from: FramePoint;
  now: FramePoint;
}

/** Chooses shapes, moves them or their points, and drags the picture where there is none. */
export class SelectTool implements Tool {
  readonly cursor = "default";
  private readonly context: ToolContext;
  private readonly pan: (dx: number, dy: number) => void;
  private readonly place: (point: FramePoint) => Point | null;
  private grip: Grip | null = null;
  private dragged: Hand | null = null;

  constructor(
    context: ToolContext,
    pan: (dx: number, dy: number) => void,
    place: (point: FramePoint) => Point | null,
  ) {
    this.context = context;
    this.pan = pan;
    this.place = place;
  }

  down(hand: Hand): void {
    this.grip = this.grab(hand);
    this.context.settings.patch({ shape: this.grip?.shape.id ?? null });
    this.dragged = this.grip ? null : hand;
    this.context.redraw();
  }

  move(hand: Hand): void {
    if (this.grip) {
      this.grip.now = hand.point;
      this.context.redraw();
    } else if (this.dragged) {
      this.pan(hand.canvas.x - this.dragged.canvas.x, hand.canvas.y - this.dragged.canvas.y);
      this.dragged = hand;
    }
  }

  up(hand: Hand): void {
    this.move(hand);
    const { grip } = this;
    const after = grip && this.moved(grip, hand);
    this.cancel();
    if (!grip || !after || (grip.from.i === grip.now.i && grip.from.j === grip.now.j)) return;
    this.context.editor.edit(
      "Move shape",
      [{ kind: "shape", id: grip.shape.id, before: grip.shape, after }],
      { tool: "select", segments: [], frames: [grip.shape.frame], origin: "manual" },
    );
  }

  hover(): void {}

  cancel(): void {
    this.grip = null;
    this.dragged = null;
    this.context.redraw();
  }

  confirm(): boolean {
    return false;
  }

  remove(): boolean {
    const shape = this.chosen();
    if (!shape) return false;
    this.context.settings.patch({ shape: null });
    removeShape(this.context.editor, shape);
    return true;
  }

  draw(sketch: Sketch): void {
    const shape = this.chosen();
    if (!shape || shape.frame !== sketch.frame.key) return;
    const color = this.context.styleOf(shape.shape_id)?.color ?? "#e7eaee";
    const held = this.grip?.shape.id === shape.id ? this.moved(this.grip, sketch) : shape;
    drawShape(sketch, held, color, true);
  }

  private chosen(): Shape | null {
    const { shape } = this.context.settings.get();
    return shape === null ? null : (this.context.editor.document.shapes.get(shape) ?? null);
  }

  private moved(grip: Grip, { frame }: Pick<Hand, "frame">): Shape {
    const [di, dj] = [grip.now.i - grip.from.i, grip.now.j - grip.from.j];
    const points = shapePoints(grip.shape, frame).map((point, index) =>
      grip.point === null || grip.point === index ? { i: point.i + di, j: point.j + dj } : point,
    );
    return withPoints(grip.shape, frame, points);
  }

  /** The shape under the pointer: a point of it, or its line. */
  private grab(hand: Hand): Grip | null {
    const shapes = [...this.context.editor.document.shapes.values()].reverse();
    for (const shape of shapes) {
      if (shape.frame !== hand.frame.key) continue;
      const points = shapePoints(shape, hand.frame);
      const index = points.findIndex((point) => this.isNear(point, hand));
      const held = { shape, from: hand.point, now: hand.point };
      if (index >= 0) return { ...held, point: points.length === 1 ? null : index };
      if (this.isOnLine(outlineOf(shape.kind, points), hand)) return { ...held, point: null };
    }
    return null;
  }

  private isNear(point: FramePoint, hand: Hand): boolean {
    const at = this.place(point);
    return at !== null && Math.hypot(at.x - hand.canvas.x, at.y - hand.canvas.y) <= GRAB_PX;
  }

  private isOnLine(points: readonly FramePoint[], { canvas }: Hand): boolean {
    const placed = points.map((point) => this.place(point));
    return placed.slice(1).some((end, index) => {
      const start = placed[index];
      return start && end && distanceToLine(canvas, start, end) <= LINE_PX;
    });
  }
}

function distanceToLine(at: Point, a: Point, b: Point): number {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length2 = dx * dx + dy * dy;
  const along = length2 === 0 ? 0 : ((at.x - a.x) * dx + (at.y - a.y) * dy) / length2;
  const t = Math.min(1, Math.max(0, along));
  return Math.hypot(at.x - a.x - t * dx, at.y - a.y - t * dy);
}
