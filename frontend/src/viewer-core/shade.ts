import type { FramePixels } from "./frame-pixels";
import type { ImageDescription } from "./grid-view";
import { edgesOf, ownWindow, type Window } from "./window-level";

/** A brightness table that an image brings (VOI LUT, PS3.3 C.11.2.1.1). */
export interface VoiTable {
  /** The value that the first entry belongs to; may be negative. */
  readonly first: number;
  readonly bits: number;
  readonly entries: Uint8Array | Uint16Array;
}

/** From a real value to a grey of the screen, 0 to 255. */
export type Shade = (value: number) => number;

const WHITE = 255;
/** Whole numbers that are so close together are each computed once. */
const MOST_LEVELS = 1 << 16;

/** A table out of its bytes: one for each entry up to 8 bits, else two, the lower one first. */
export function voiTable(first: number, bits: number, bytes: Uint8Array<ArrayBuffer>): VoiTable {
  if (bits <= 8) return { first, bits, entries: bytes };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries = new Uint16Array(bytes.byteLength >> 1);
  for (let at = 0; at < entries.length; at++) entries[at] = view.getUint16(2 * at, true);
  return { first, bits, entries };
}

/** Values before the first are as dark as it, those after the last as bright; between two, the nearer. */
export function tableShade({ first, bits, entries }: VoiTable): Shade {
  const last = entries.length - 1;
  const scale = WHITE / (2 ** bits - 1);
  return (value) => {
    const at = Math.min(last, Math.max(0, Math.floor(value + 0.5) - first));
    return Math.min(WHITE, (entries[at] ?? 0) * scale);
  };
}

/** A window's own function (PS3.3 C.11.2.1.3). */
export function windowShade(window: Window): Shade {
  const { center, width } = window;
  if (window.function === "SIGMOID") {
    return (value) => WHITE / (1 + Math.exp((-4 * (value - center)) / width));
  }
  const { lower, upper } = edgesOf(window);
  return (value) => Math.min(WHITE, Math.max(0, ((value - lower) / (upper - lower)) * WHITE));
}

/** How a frame is seen: where it lacks the table that is looked through, by its first or its window. */
export function shadeOf(
  look: Window,
  image: ImageDescription,
  tables: readonly (VoiTable | null)[],
): Shade {
  if (typeof look.table !== "number") return windowShade(look);
  const table = tables[look.table] ?? tables[0];
  return table ? tableShade(table) : windowShade(ownWindow(image) ?? { ...look, table: null });
}

/** The window over the part of a table in which anything changes: where a hand goes on from it. */
export function windowOfTable({ first, entries }: VoiTable): Window {
  const last = entries.length - 1;
  let [low, high] = [0, last];
  while (low < last && entries[low + 1] === entries[0]) low++;
  while (high > low && entries[high - 1] === entries[last]) high--;
  return { center: first + (low + high) / 2, width: Math.max(1, high - low) };
}

/** The greys of a frame, a byte each. */
export function shaded({ values, slope, intercept }: FramePixels, shade: Shade): Uint8Array {
  const grey = new Uint8Array(values.length);
  const of = (stored: number): number => Math.round(shade(stored * slope + intercept));
  const levels = wholeRange(values);
  if (!levels) {
    for (let at = 0; at < grey.length; at++) grey[at] = of(values[at] ?? 0);
    return grey;
  }
  const [low, high] = levels;
  const lookup = Uint8Array.from({ length: high - low + 1 }, (_, at) => of(low + at));
  for (let at = 0; at < grey.length; at++) grey[at] = lookup[(values[at] ?? 0) - low] ?? 0;
  return grey;
}

/** The smallest and the largest of some whole numbers; null where they are no such, or far apart. */
function wholeRange(values: ArrayLike<number>): readonly [number, number] | null {
  if (values instanceof Float32Array || values instanceof Float64Array) return null;
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let at = 0; at < values.length; at++) {
    const value = values[at] ?? 0;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return high - low < MOST_LEVELS ? [low, high] : null;
}
