import { expect, test } from "vitest";

import { halfToNumber, halvesToFloats } from "./float16";
import { decoderPrompts, frameMask, type ModelInput, pictureInInput } from "./prompt-space";

const shape = { rows: 300, columns: 400 };
const sam: ModelInput = { image_size: 128, preprocessing: "sam", embedding_shape: [128, 16, 16] };
const medsam: ModelInput = { ...sam, preprocessing: "medsam" };

test("the picture keeps its aspect for SAM and fills the square for MedSAM", () => {
  expect(pictureInInput(shape, sam)).toEqual({ width: 128, height: 96 });
  expect(pictureInInput(shape, medsam)).toEqual({ width: 128, height: 128 });
});

test("clicks are scaled into the model's input and padded as it was trained", () => {
  const prompts = [
    { kind: "point", i: 100, j: 150, positive: true },
    { kind: "point", i: 300, j: 60, positive: false },
  ] as const;
  const { coords, labels } = decoderPrompts(prompts, shape, sam);
  [32, 48, 96, 19.2, 0, 0].forEach((value, at) => {
    expect(coords[at]).toBeCloseTo(value, 4);
  });
  expect([...labels]).toEqual([1, 0, -1]);
});

test("a box drawn from any corner becomes its first and second corner, without padding", () => {
  const box = { kind: "box", i0: 300, j0: 60, i1: 100, j1: 150 } as const;
  const { coords, labels } = decoderPrompts([box], shape, medsam);
  [32, 25.6, 96, 64].forEach((value, at) => {
    expect(coords[at]).toBeCloseTo(value, 4);
  });
  expect([...labels]).toEqual([2, 3]);
});

test("logits that fall off linearly are cut where they cross zero, padding left out", () => {
  const low = { rows: 64, columns: 64 };
  // Positive left of x = 40 of the model's input, whose low-resolution pixels are 2 wide.
  const logits = Float32Array.from({ length: 64 * 64 }, (_, at) => 40 - ((at % 64) + 0.5) * 2);
  const mask = frameMask(logits, low, shape, sam);
  const crossing = (40 / 128) * 400;
  for (const j of [0, 150, 299]) {
    for (let i = 0; i < shape.columns; i++) {
      if (Math.abs(i + 0.5 - crossing) < 1e-6) continue;
      expect(mask[j * shape.columns + i]).toBe(i + 0.5 < crossing ? 1 : 0);
    }
  }
});

test("half-precision numbers are read as IEEE 754 says", () => {
  expect(halfToNumber(0x3c00)).toBe(1);
  expect(halfToNumber(0xc000)).toBe(-2);
  expect(halfToNumber(0x7bff)).toBe(65_504);
  expect(halfToNumber(0x0001)).toBe(2 ** -24);
  expect(halfToNumber(0x7c00)).toBe(Number.POSITIVE_INFINITY);
  expect([...halvesToFloats(Uint16Array.of(0x3555, 0x8000).buffer)]).toEqual([0.333251953125, -0]);
});
