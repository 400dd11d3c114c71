import type { FramePoint } from "@/geometry/frame-plane";

import type { FramePixels } from "../frame-pixels";
import { type Canvas2d, rasterCapsule } from "../raster";

const SPREAD = 2;

/** The range of real values that is usual in a disc: its mean, two standard deviations around. */
export function sampleRange(
  frame: Canvas2d,
  centre: FramePoint,
  radius_mm: number,
  { values, slope, intercept }: FramePixels,
): { readonly low: number; readonly high: number } | null {
  let [count, sum, squares] = [0, 0, 0];
  rasterCapsule(frame, centre, centre, radius_mm, (j, i0, i1) => {
    for (let index = j * frame.columns + i0; index < j * frame.columns + i1; index++) {
      const real = (values[index] ?? 0) * slope + intercept;
      count++;
      sum += real;
      squares += real * real;
    }
  });
  if (count === 0) return null;
  const mean = sum / count;
  const spread = SPREAD * Math.sqrt(Math.max(0, squares / count - mean * mean));
  return { low: Math.round(mean - spread), high: Math.round(mean + spread) };
}
