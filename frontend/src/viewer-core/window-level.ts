import type { GridView, ImageDescription, WindowFunction, WindowPreset } from "./grid-view";

/** A window of real values: what lies below is black, what lies above is white. */
export interface Window {
  readonly center: number;
  readonly width: number;
  /** A straight line from edge to edge where nothing is said. */
  readonly function?: WindowFunction;
  /** Seen through one of the image's own tables; the window then is only about where that changes. */
  readonly table?: number | null;
}

/** The pixels of the first image, for a series whose header names no window. */
export interface PixelSource {
  readonly color: boolean;
  readonly minPixelValue: number;
  readonly maxPixelValue: number;
  getPixelData(): ArrayLike<number>;
}

const COMMON_CT: readonly WindowPreset[] = [
  { name: "Soft tissue", center: 40, width: 400 },
  { name: "Lung", center: -600, width: 1500 },
  { name: "Bone", center: 400, width: 1800 },
  { name: "Brain", center: 40, width: 80 },
  { name: "Liver", center: 90, width: 150 },
];
const SAMPLES = 20_000;
const LOW_SHARE = 0.01;
const HIGH_SHARE = 0.995;
/** So that a window of no width still has two edges. */
const NARROWEST = 1e-3;

/** The presets of a series: its own, then what is usual for the modality. */
export function windowPresets(view: GridView): WindowPreset[] {
  const own = view.presets.length > 0 ? view.presets : headerPresets(view.images[0] ?? null);
  const usual = view.modality === "CT" ? COMMON_CT : [];
  const names = new Set(own.map((preset) => preset.name));
  return [...own, ...usual.filter((preset) => !names.has(preset.name))];
}

function headerPresets(image: ImageDescription | null): WindowPreset[] {
  const own = image && ownWindow(image);
  return own ? [{ name: "As sent", ...own }] : [];
}

/** The look for a start: the image's own table or window, else what holds nearly all of its values. */
export function initialWindow(
  view: GridView,
  description: ImageDescription | null,
  image: PixelSource,
): Window {
  if (image.color) return { center: 128, width: 256 };
  const [table] = description?.voi_tables ?? [];
  if (table) return { center: table.first + table.count / 2, width: table.count, table: 0 };
  const own = description && ownWindow(description);
  if (own && own.width > 1) return own;
  return view.presets[0] ?? spreadOf(image.getPixelData());
}

/** The first window that an image brings, with the function that it is meant by. */
export function ownWindow(image: ImageDescription): Window | null {
  const [center, width] = [image.window_center[0], image.window_width[0]];
  if (center === undefined || width === undefined || width <= 0) return null;
  return { center, width, function: functionOf(image.voi_lut_function, width) };
}

/** LINEAR where nothing is said; it takes one from the width, so a narrower one is meant exactly. */
function functionOf(said: string | null, width: number): WindowFunction {
  if (said === "SIGMOID" || said === "LINEAR_EXACT") return said;
  return width > 1 ? "LINEAR" : "LINEAR_EXACT";
}

/** The values that are just black and just white (PS3.3 C.11.2.1.2.1 and C.11.2.1.3.2). */
export function edgesOf(window: Window): { readonly lower: number; readonly upper: number } {
  const isLinear = window.function === "LINEAR";
  const center = isLinear ? window.center - 0.5 : window.center;
  const width = Math.max(isLinear ? window.width - 1 : window.width, NARROWEST);
  return { lower: center - width / 2, upper: center + width / 2 };
}

/** What a look is called where it is no straight window; null for one. */
export function lookName(view: GridView, window: Window): string | null {
  const presets = windowPresets(view);
  if (typeof window.table === "number") {
    return presets.find(({ table }) => table === window.table)?.name ?? "VOI LUT";
  }
  return window.function === "SIGMOID" ? "sigmoid" : null;
}

/** A window around the middle 98.5 % of some pixels, so that one hot pixel does not darken all. */
export function spreadOf(pixels: ArrayLike<number>): Window {
  const step = Math.max(1, Math.floor(pixels.length / SAMPLES));
  const sample: number[] = [];
  for (let at = 0; at < pixels.length; at += step) sample.push(pixels[at] ?? 0);
  sample.sort((a, b) => a - b);
  const low = sample[Math.floor(sample.length * LOW_SHARE)] ?? 0;
  const high = sample[Math.floor((sample.length - 1) * HIGH_SHARE)] ?? 1;
  return { center: (low + high) / 2, width: Math.max(1, high - low) };
}
