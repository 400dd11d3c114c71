import type { FramePoint } from "@/geometry/frame-plane";

import type { VoxelRect } from "../mask-runs";
import { spanPainter } from "../paint";
import type { SpanVisitor } from "../raster";
import type { PlacedFrame } from "../series-geometry";
import { layerOf } from "../settings";
import { addShape } from "./shapes";
import { drawableSegment, protectedSegments, type ToolContext } from "./tool";

/** Regions that fill a segment, or become a shape of the schema. */
export type RegionKind = "rectangle" | "ellipse" | "polygon";

const NAMES: Readonly<Record<RegionKind, string>> = {
  rectangle: "Rectangle",
  ellipse: "Ellipse",
  polygon: "Polygon",
};

/** What a region is drawn in: the shape that was chosen for it, else the active segment. */
export function regionColor(context: ToolContext, kind: RegionKind): string {
  return context.shapeStyle(kind)?.color ?? context.segment()?.color ?? "#e7eaee";
}

/** A region is whole: fill the active segment with it as one edit, or keep it as a shape. */
export function finishRegion(
  context: ToolContext,
  frame: PlacedFrame,
  kind: RegionKind,
  points: readonly FramePoint[],
  draw: (visit: SpanVisitor) => VoxelRect,
): void {
  const style = context.shapeStyle(kind);
  if (style) addShape(context.editor, NAMES[kind], { kind, style, frame, points });
  else fillRegion(context, frame, kind, draw);
}

function fillRegion(
  context: ToolContext,
  frame: PlacedFrame,
  kind: RegionKind,
  draw: (visit: SpanVisitor) => VoxelRect,
): void {
  const segment = drawableSegment(context);
  const gesture = segment && context.editor.gesture();
  if (!gesture) return;
  const layer = layerOf(segment);
  const values = gesture.values(layer, frame.key, frame);
  const rule = { value: segment.id, locked: protectedSegments(context), only: null };
  gesture.wrote(layer, frame.key, draw(spanPainter(values, frame.columns, rule)));
  gesture.commit(NAMES[kind], { tool: kind, segments: [segment.id], origin: "manual" });
}
