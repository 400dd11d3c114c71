import type { Prompt } from "../change";
import type { FrameShape } from "../mask-store";

/** How a model looks at a picture: the side of its square input, and whether it keeps the aspect. */
export interface ModelInput {
  readonly image_size: number;
  /** "sam" scales the longer side and pads; "medsam" stretches to the square. */
  readonly preprocessing: "sam" | "medsam";
  /** Channels, rows, columns of the features. */
  readonly embedding_shape: readonly [number, number, number];
}

/** Width and height of the picture inside the model's square. */
export function pictureInInput(
  shape: FrameShape,
  { image_size, preprocessing }: ModelInput,
): { readonly width: number; readonly height: number } {
  if (preprocessing === "medsam") return { width: image_size, height: image_size };
  const scale = image_size / Math.max(shape.rows, shape.columns);
  return {
    width: Math.floor(shape.columns * scale + 0.5),
    height: Math.floor(shape.rows * scale + 0.5),
  };
}

const POSITIVE = 1;
const NEGATIVE = 0;
const BOX_FIRST = 2;
const BOX_SECOND = 3;
const PADDING = -1;

/** Prompts as the decoder wants them: pairs (x, y) in its input, and a label for each. */
export function decoderPrompts(
  prompts: readonly Prompt[],
  shape: FrameShape,
  input: ModelInput,
): { readonly coords: Float32Array; readonly labels: Float32Array } {
  const { width, height } = pictureInInput(shape, input);
  const [scaleX, scaleY] = [width / shape.columns, height / shape.rows];
  const coords: number[] = [];
  const labels: number[] = [];
  const add = (i: number, j: number, label: number): void => {
    coords.push(i * scaleX, j * scaleY);
    labels.push(label);
  };
  for (const prompt of prompts) {
    if (prompt.kind === "point") {
      add(prompt.i, prompt.j, prompt.positive ? POSITIVE : NEGATIVE);
    } else {
      add(Math.min(prompt.i0, prompt.i1), Math.min(prompt.j0, prompt.j1), BOX_FIRST);
      add(Math.max(prompt.i0, prompt.i1), Math.max(prompt.j0, prompt.j1), BOX_SECOND);
    }
  }
  // Clicks without a box need a padding point: the decoder was trained so.
  if (!prompts.some((prompt) => prompt.kind === "box")) add(0, 0, PADDING);
  return { coords: Float32Array.from(coords), labels: Float32Array.from(labels) };
}

/**
 * The decoder's small mask of logits as a mask of the frame: 1 where the logit is above 0.
 *
 * Sampled bilinearly between centres, padding cut off.
 */
export function frameMask(
  logits: Float32Array,
  lowShape: FrameShape,
  shape: FrameShape,
  input: ModelInput,
): Uint16Array<ArrayBuffer> {
  const { width, height } = pictureInInput(shape, input);
  const stepI = (width / shape.columns) * (lowShape.columns / input.image_size);
  const stepJ = (height / shape.rows) * (lowShape.rows / input.image_size);
  const mask = new Uint16Array(shape.rows * shape.columns);
  for (let j = 0; j < shape.rows; j++) {
    const y = clamp((j + 0.5) * stepJ - 0.5, lowShape.rows - 1);
    const row = Math.min(Math.floor(y), lowShape.rows - 2);
    for (let i = 0; i < shape.columns; i++) {
      const x = clamp((i + 0.5) * stepI - 0.5, lowShape.columns - 1);
      const column = Math.min(Math.floor(x), lowShape.columns - 2);
      const at = row * lowShape.columns + column;
      if (bilinear(logits, at, lowShape.columns, x - column, y - row) > 0) {
        mask[j * shape.columns + i] = 1;
      }
    }
  }
  return mask;
}

function clamp(value: number, max: number): number {
  return Math.min(Math.max(value, 0), max);
}

function bilinear(a: Float32Array, at: number, columns: number, fx: number, fy: number): number {
  const top = (a[at] ?? 0) * (1 - fx) + (a[at + 1] ?? 0) * fx;
  const bottom = (a[at + columns] ?? 0) * (1 - fx) + (a[at + columns + 1] ?? 0) * fx;
  return top * (1 - fy) + bottom * fy;
}
