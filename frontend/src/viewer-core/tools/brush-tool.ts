import type { FramePoint } from "@/geometry/frame-plane";

import type { Gesture } from "../gesture";
import { type PaintRule, spanPainter, thresholdPainter } from "../paint";
import { rasterCapsule, type SpanVisitor } from "../raster";
import { ballSections, type PlacedFrame } from "../series-geometry";
import { layerOf, type Segment } from "../settings";
import { sampleRange } from "./sample-range";
import {
  drawableSegment,
  type Hand,
  protectedSegments,
  type Sketch,
  type Tool,
  type ToolContext,
} from "./tool";

export type BrushMode = "brush" | "eraser" | "threshold";

const LABELS: Readonly<Record<BrushMode, string>> = {
  brush: "Brush",
  eraser: "Eraser",
  threshold: "Threshold brush",
};

interface Stroke {
  readonly gesture: Gesture;
  readonly segment: Segment;
  readonly frame: PlacedFrame;
  last: FramePoint;
}

/** Brush, eraser and threshold brush: a disc or a ball drawn along the pointer's way. */
export class BrushTool implements Tool {
  readonly cursor = "none";
  private readonly context: ToolContext;
  private readonly mode: BrushMode;
  private stroke: Stroke | null = null;
  private at: Hand | null = null;

  constructor(context: ToolContext, mode: BrushMode) {
    this.context = context;
    this.mode = mode;
  }

  down(hand: Hand): void {
    if (this.mode === "threshold" && hand.alt) {
      this.takeRange(hand);
      return;
    }
    const segment = drawableSegment(this.context);
    const gesture = segment && this.context.editor.gesture();
    if (!gesture) return;
    this.stroke = { gesture, segment, frame: hand.frame, last: hand.point };
    this.paint(this.stroke, hand.point);
  }

  move(hand: Hand): void {
    this.hover(hand);
    const { stroke } = this;
    // A stroke stays on the frame on which it began, whatever is shown meanwhile.
    if (stroke && stroke.frame.key === hand.frame.key) this.paint(stroke, hand.point);
  }

  up(hand: Hand): void {
    this.move(hand);
    const { stroke } = this;
    this.stroke = null;
    stroke?.gesture.commit(LABELS[this.mode], {
      tool: this.mode,
      segments: [stroke.segment.id],
      origin: "manual",
    });
  }

  hover(hand: Hand | null): void {
    this.at = hand;
    this.context.redraw();
  }

  cancel(): void {
    this.stroke?.gesture.bail();
    this.stroke = null;
  }

  confirm(): boolean {
    return false;
  }

  remove(): boolean {
    return false;
  }

  draw({ context, frame, place }: Sketch): void {
    if (!this.at) return;
    const { radius_mm } = this.context.settings.get();
    const centre = place(this.at.point);
    const side = place({ i: this.at.point.i + radius_mm / frame.spacing_i_mm, j: this.at.point.j });
    const below = place({
      i: this.at.point.i,
      j: this.at.point.j + radius_mm / frame.spacing_j_mm,
    });
    const rx = Math.hypot(side.x - centre.x, side.y - centre.y);
    const ry = Math.hypot(below.x - centre.x, below.y - centre.y);
    const color = this.mode === "eraser" ? "#e7eaee" : (this.context.segment()?.color ?? "#e7eaee");
    context.setLineDash(this.mode === "threshold" ? [4, 3] : []);
    for (const [width, style] of [
      [3, "rgb(0 0 0 / 55%)"],
      [1.5, color],
    ] as const) {
      context.beginPath();
      context.ellipse(centre.x, centre.y, rx, ry, 0, 0, 2 * Math.PI);
      context.lineWidth = width;
      context.strokeStyle = style;
      context.stroke();
    }
    context.setLineDash([]);
  }

  private paint(stroke: Stroke, to: FramePoint): void {
    const { isSphere, radius_mm } = this.context.settings.get();
    const sections =
      isSphere && this.context.frames.length > 1
        ? ballSections(this.context.frames, stroke.frame, to, radius_mm)
        : [{ frame: stroke.frame, radius_mm }];
    for (const section of sections) this.paintFrame(stroke, section.frame, section.radius_mm, to);
    stroke.last = to;
  }

  private paintFrame(stroke: Stroke, frame: PlacedFrame, radius: number, to: FramePoint): void {
    for (const layer of this.layers(stroke.segment)) {
      // There is nothing to erase where nothing was ever drawn.
      const isBare = this.context.editor.document.masks.peek(layer, frame.key) === null;
      if (this.mode === "eraser" && isBare) continue;
      this.paintLayer(stroke, layer, frame, radius, to);
    }
  }

  private paintLayer(
    stroke: Stroke,
    layer: number,
    frame: PlacedFrame,
    radius: number,
    to: FramePoint,
  ): void {
    const values = stroke.gesture.values(layer, frame.key, frame);
    const painter = this.painter(values, frame, stroke.segment);
    if (!painter) return;
    const rect = rasterCapsule(frame, stroke.last, to, radius, painter);
    stroke.gesture.wrote(layer, frame.key, rect);
  }

  /** Overlapping segments lie in layers of their own: who erases everything reaches into all. */
  private layers(segment: Segment): readonly number[] {
    const isWide = this.mode === "eraser" && this.context.settings.get().erasesAll;
    return isWide ? this.context.layers() : [layerOf(segment)];
  }

  private takeRange({ frame, point }: Hand): void {
    const pixels = this.context.pixels(frame.index);
    if (pixels?.samples !== 1) return;
    const { radius_mm } = this.context.settings.get();
    const threshold = sampleRange(frame, point, radius_mm, pixels);
    if (!threshold) return;
    this.context.settings.patch({ threshold });
    this.context.say(`Paints values from ${threshold.low} to ${threshold.high}.`);
  }

  private painter(values: Uint16Array, frame: PlacedFrame, segment: Segment): SpanVisitor | null {
    const { erasesAll, threshold } = this.context.settings.get();
    const erases = this.mode === "eraser";
    const rule: PaintRule = {
      value: erases ? 0 : segment.id,
      locked: protectedSegments(this.context),
      only: erases && !erasesAll ? segment.id : null,
    };
    if (this.mode !== "threshold") return spanPainter(values, frame.columns, rule);
    const pixels = this.context.pixels(frame.index);
    if (pixels?.samples !== 1) return null;
    const { values: stored, slope, intercept } = pixels;
    return thresholdPainter(values, frame.columns, rule, {
      pixels: stored,
      slope,
      intercept,
      ...threshold,
    });
  }
}
