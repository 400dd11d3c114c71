import type { FramePixels } from "./frame-pixels";
import { MaskStore } from "./mask-store";
import type { PlacedFrame } from "./series-geometry";
import { parseColor, type Segment } from "./settings";
import type { Window } from "./window-level";

/** One mask frame of a revision, in its run-length form. */
export interface RevisionMask {
  readonly layer: number;
  readonly frame: string;
  readonly sha256: string;
  readonly encoded: () => Uint8Array;
}

/** The frame that tells a revision from the one before: where most of what changed lies. */
export function tellingFrame(
  masks: readonly RevisionMask[],
  before: readonly RevisionMask[],
): string | null {
  const known = new Set(before.map(({ layer, frame, sha256 }) => `${layer} ${frame} ${sha256}`));
  const changed = masks.filter((m) => !known.has(`${m.layer} ${m.frame} ${m.sha256}`));
  const candidates = changed.length > 0 ? changed : masks;
  return candidates[Math.floor(candidates.length / 2)]?.frame ?? null;
}

interface RevisionPicture {
  readonly frame: PlacedFrame;
  readonly masks: readonly RevisionMask[];
  readonly segments: readonly Segment[];
  /** The image below, if it is here. */
  readonly pixels: FramePixels | null;
  readonly window: Window | null;
}

/** Draw a revision's labels on one frame, the image dimly below, to fill a small canvas. */
export function drawRevision(canvas: HTMLCanvasElement, picture: RevisionPicture): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  const { frame } = picture;
  const whole = new OffscreenCanvas(frame.columns, frame.rows);
  const image = new ImageData(frame.columns, frame.rows);
  paintImage(image.data, picture);
  paintLabels(image.data, picture);
  whole.getContext("2d")?.putImageData(image, 0, 0);
  const [width, height] = [frame.columns * frame.spacing_i_mm, frame.rows * frame.spacing_j_mm];
  const scale = Math.min(canvas.width / width, canvas.height / height);
  const [x, y] = [(canvas.width - width * scale) / 2, (canvas.height - height * scale) / 2];
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.drawImage(whole, x, y, width * scale, height * scale);
}

function paintImage(data: Uint8ClampedArray, { pixels, window }: RevisionPicture): void {
  const low = window ? window.center - window.width / 2 : 0;
  for (let at = 0; at < data.length / 4; at++) {
    data[at * 4 + 3] = 255;
    if (pixels?.samples !== 1 || !window) continue;
    const real = (pixels.values[at] ?? 0) * pixels.slope + pixels.intercept;
    const grey = Math.min(255, Math.max(0, ((real - low) / window.width) * 255));
    data.fill(grey * 0.7, at * 4, at * 4 + 3);
  }
}

function paintLabels(data: Uint8ClampedArray, { masks, frame, segments }: RevisionPicture): void {
  const colors = new Map(segments.map(({ id, color }) => [id, parseColor(color)]));
  const store = new MaskStore();
  for (const mask of masks) {
    if (mask.frame !== frame.key) continue;
    store.load(mask.layer, mask.frame, mask.encoded());
    store.peek(mask.layer, mask.frame)?.forEach((value, at) => {
      const color = value === 0 ? undefined : colors.get(value);
      if (color) data.set(color, at * 4);
    });
  }
}
