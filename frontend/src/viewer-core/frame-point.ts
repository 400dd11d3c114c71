import { type Affine2d, applyAffine, invertAffine, type Point } from "@/geometry/affine2d";
import type { FramePoint } from "@/geometry/frame-plane";

import type { FramePixels } from "./frame-pixels";
import type { Hand } from "./tools/tool";

/** From a place on the canvas to voxels of the shown frame. */
export function canvasToFrame(toCanvas: Affine2d | null | undefined, at: Point): FramePoint | null {
  if (!toCanvas) return null;
  const { x, y } = applyAffine(invertAffine(toCanvas), at);
  return { i: x, j: y };
}

/** The image's real value under the hand; null where there is none or the image is coloured. */
export function valueUnder({ frame, point }: Hand, pixels: FramePixels | null): number | null {
  const [i, j] = [Math.round(point.i), Math.round(point.j)];
  if (i < 0 || j < 0 || i >= frame.columns || j >= frame.rows) return null;
  if (pixels?.samples !== 1) return null;
  const stored = pixels.values[j * frame.columns + i];
  return stored === undefined ? null : stored * pixels.slope + pixels.intercept;
}
