import type { SpanVisitor } from "./raster";

/** What a stroke may write and where. */
export interface PaintRule {
  /** The value to write: a segment, or 0 to erase. */
  readonly value: number;
  /** Voxels of these segments stay as they are. */
  readonly locked: ReadonlySet<number>;
  /** Erase only this segment; null erases every unlocked one. Unused when painting. */
  readonly only: number | null;
}

/** Stored pixel values of a frame and the range of real values that may be painted. */
export interface ThresholdRule {
  readonly pixels: ArrayLike<number>;
  readonly slope: number;
  readonly intercept: number;
  readonly low: number;
  readonly high: number;
}

/** A visitor that writes spans into a frame, obeying locks. */
export function spanPainter(values: Uint16Array, columns: number, rule: PaintRule): SpanVisitor {
  return (j, i0, i1) => {
    for (let index = j * columns + i0; index < j * columns + i1; index++) {
      if (mayWrite(values[index] ?? 0, rule)) values[index] = rule.value;
    }
  };
}

/** As {@link spanPainter}, but only where the image's real value lies in the range, ends included. */
export function thresholdPainter(
  values: Uint16Array,
  columns: number,
  rule: PaintRule,
  threshold: ThresholdRule,
): SpanVisitor {
  const { pixels, slope, intercept, low, high } = threshold;
  return (j, i0, i1) => {
    for (let index = j * columns + i0; index < j * columns + i1; index++) {
      const real = (pixels[index] ?? Number.NaN) * slope + intercept;
      if (real >= low && real <= high && mayWrite(values[index] ?? 0, rule)) {
        values[index] = rule.value;
      }
    }
  };
}

function mayWrite(current: number, rule: PaintRule): boolean {
  if (current === rule.value || rule.locked.has(current)) return false;
  return rule.value !== 0 || rule.only === null || current === rule.only;
}
