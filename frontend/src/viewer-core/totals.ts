import type { MaskStore } from "./mask-store";
import type { PlacedFrame } from "./series-geometry";

/** How much of a segment there is. */
export interface SegmentTotal {
  readonly voxels: number;
  /** Null where true distances are not known. */
  readonly ml: number | null;
}

/** Sum a document's voxels by segment; volumes by each frame's own voxel size. */
export function segmentTotals(
  masks: MaskStore,
  frames: readonly PlacedFrame[],
): ReadonlyMap<number, SegmentTotal> {
  const voxelMl = new Map(frames.map((frame) => [frame.key, frame.voxel_ml]));
  const totals = new Map<number, SegmentTotal>();
  for (const { frame, counts } of masks.labelled()) {
    const ml = voxelMl.get(frame) ?? null;
    for (const [segment, voxels] of counts) {
      const sum = totals.get(segment) ?? { voxels: 0, ml: 0 };
      totals.set(segment, {
        voxels: sum.voxels + voxels,
        ml: ml === null || sum.ml === null ? null : sum.ml + voxels * ml,
      });
    }
  }
  return totals;
}

/** The frames' labels for the slice bar: for each frame the segments on it, by size. */
export function sliceCoverage(
  masks: MaskStore,
  frames: readonly PlacedFrame[],
): readonly ReadonlyMap<number, number>[] {
  const byFrame = new Map<string, Map<number, number>>();
  for (const { frame, counts } of masks.labelled()) {
    const sums = byFrame.get(frame) ?? new Map<number, number>();
    for (const [segment, voxels] of counts) sums.set(segment, (sums.get(segment) ?? 0) + voxels);
    byFrame.set(frame, sums);
  }
  return frames.map(({ key }) => byFrame.get(key) ?? new Map());
}
