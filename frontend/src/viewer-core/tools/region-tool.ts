import type { FramePoint } from "@/geometry/frame-plane";

import { rasterEllipse, rasterPolygon, rasterRectangle } from "../raster";
import type { PlacedFrame } from "../series-geometry";
import { finishRegion, regionColor } from "./finish-region";
import { dot, strokeSketch } from "./sketch";
import type { Hand, Sketch, Tool, ToolContext } from "./tool";

/** Rectangle and ellipse: dragged from corner to corner, filled on release. */
export class DragRegionTool implements Tool {
  readonly cursor = "crosshair";
  private readonly context: ToolContext;
  private readonly kind: "rectangle" | "ellipse";
  private drag: { readonly frame: PlacedFrame; readonly from: FramePoint; to: FramePoint } | null =
    null;

  constructor(context: ToolContext, kind: "rectangle" | "ellipse") {
    this.context = context;
    this.kind = kind;
  }

  down(hand: Hand): void {
    this.drag = { frame: hand.frame, from: hand.point, to: hand.point };
  }

  move(hand: Hand): void {
    if (this.drag?.frame.key === hand.frame.key) this.drag.to = hand.point;
    this.context.redraw();
  }

  up(hand: Hand): void {
    this.move(hand);
    const { drag } = this;
    this.drag = null;
    this.context.redraw();
    if (!drag || (drag.from.i === drag.to.i && drag.from.j === drag.to.j)) return;
    const raster = this.kind === "rectangle" ? rasterRectangle : rasterEllipse;
    finishRegion(this.context, drag.frame, this.kind, [drag.from, drag.to], (visit) =>
      raster(drag.frame, drag.from, drag.to, visit),
    );
  }

  hover(): void {}

  cancel(): void {
    this.drag = null;
    this.context.redraw();
  }

  confirm(): boolean {
    return false;
  }

  remove(): boolean {
    return false;
  }

  draw({ context, place, frame }: Sketch): void {
    if (this.drag?.frame.key !== frame.key) return;
    const a = place(this.drag.from);
    const b = place(this.drag.to);
    context.beginPath();
    if (this.kind === "rectangle") {
      context.rect(
        Math.min(a.x, b.x),
        Math.min(a.y, b.y),
        Math.abs(a.x - b.x),
        Math.abs(a.y - b.y),
      );
    } else {
      const [x, y] = [(a.x + b.x) / 2, (a.y + b.y) / 2];
      context.ellipse(x, y, Math.abs(a.x - b.x) / 2, Math.abs(a.y - b.y) / 2, 0, 0, 2 * Math.PI);
    }
    strokeSketch(context, regionColor(this.context, this.kind));
  }
}

/** Nearer than this to the first corner, a click closes the polygon. */
const CLOSE_PX = 9;
/** While the button is held, a corner is set every so many pixels: freehand. */
const FREEHAND_PX = 5;

/** Polygon: clicks set corners, a drag draws freehand; first corner, double click or Enter fills. */
export class PolygonTool implements Tool {
  readonly cursor = "crosshair";
  private readonly context: ToolContext;
  private frame: PlacedFrame | null = null;
  private corners: Hand[] = [];
  private tip: Hand | null = null;
  private isPressed = false;
  private isFreehand = false;

  constructor(context: ToolContext) {
    this.context = context;
  }

  down(hand: Hand): void {
    if (this.frame && this.frame.key !== hand.frame.key) this.cancel();
    const [first] = this.corners;
    if (first && this.corners.length > 2 && near(first, hand)) {
      this.confirm();
      return;
    }
    this.frame = hand.frame;
    this.isPressed = true;
    this.corners.push(hand);
    this.context.redraw();
  }

  move(hand: Hand): void {
    this.tip = hand;
    const last = this.corners.at(-1);
    const isFar = last && distance(last, hand) >= FREEHAND_PX;
    if (this.isPressed && isFar && hand.frame.key === this.frame?.key) {
      this.isFreehand = true;
      this.corners.push(hand);
    }
    this.context.redraw();
  }

  up(): void {
    this.isPressed = false;
    if (this.isFreehand) this.confirm();
  }

  hover(hand: Hand | null): void {
    this.tip = hand;
    if (this.corners.length > 0) this.context.redraw();
  }

  cancel(): void {
    this.corners = [];
    this.frame = null;
    this.isPressed = false;
    this.isFreehand = false;
    this.context.redraw();
  }

  confirm(): boolean {
    const { frame } = this;
    const points = this.corners.map((corner) => corner.point);
    this.cancel();
    if (!frame || points.length < 3) return points.length > 0;
    finishRegion(this.context, frame, "polygon", points, (visit) =>
      rasterPolygon(frame, points, visit),
    );
    return true;
  }

  remove(): boolean {
    const removed = this.corners.pop();
    this.context.redraw();
    return removed !== undefined;
  }

  draw({ context, place, frame }: Sketch): void {
    if (this.frame?.key !== frame.key || this.corners.length === 0) return;
    const points = this.corners.map((corner) => place(corner.point));
    if (this.tip && !this.isFreehand) points.push(place(this.tip.point));
    context.beginPath();
    points.forEach(({ x, y }, index) => {
      if (index === 0) context.moveTo(x, y);
      else context.lineTo(x, y);
    });
    strokeSketch(context, regionColor(this.context, "polygon"));
    const [first] = points;
    if (first) dot(context, first.x, first.y, this.corners.length > 2 ? 5 : 3);
  }
}

function distance(a: Hand, b: Hand): number {
  return Math.hypot(a.canvas.x - b.canvas.x, a.canvas.y - b.canvas.y);
}

function near(a: Hand, b: Hand): boolean {
  return distance(a, b) <= CLOSE_PX;
}
