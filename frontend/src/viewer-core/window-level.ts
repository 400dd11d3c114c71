import type { GridView, ImageDescription, WindowPreset } from "./grid-view";

/** A window of real values: what lies below is black, what lies above is white. */
export interface Window {
  readonly center: number;
  readonly width: number;
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

/** The presets of a series: its own, then what is usual for the modality. */
export function windowPresets(view: GridView): WindowPreset[] {
  const own = view.presets.length > 0 ? view.presets : headerPresets(view.images[0] ?? null);
  const usual = view.modality === "CT" ? COMMON_CT : [];
  const names = new Set(own.map((preset) => preset.name));
  return [...own, ...usual.filter((preset) => !names.has(preset.name))];
}

function headerPresets(image: ImageDescription | null): WindowPreset[] {
  const [center, width] = [image?.window_center[0], image?.window_width[0]];
  return center === undefined || width === undefined ? [] : [{ name: "As sent", center, width }];
}

/** The window for the first look: the image's own, else what holds nearly all of its values. */
export function initialWindow(
  view: GridView,
  description: ImageDescription | null,
  image: PixelSource,
): Window {
  if (image.color) return { center: 128, width: 256 };
  const [center, width] = [description?.window_center[0], description?.window_width[0]];
  if (center !== undefined && width !== undefined && width > 1) return { center, width };
  const [preset] = view.presets;
  return preset ? { center: preset.center, width: preset.width } : spreadOf(image.getPixelData());
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
