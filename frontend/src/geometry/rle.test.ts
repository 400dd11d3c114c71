import { describe, expect, test } from "vitest";

import golden from "../../../fixtures/masks/rle.json";
import { decodeMask, encodeMask, MaskFormatError } from "./rle";

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function valuesOf(runs: readonly number[][]): Uint16Array {
  return Uint16Array.from(
    runs.flatMap(([value, count]) => new Array<number>(count ?? 0).fill(value ?? 0)),
  );
}

test("the golden file has cases of both kinds", () => {
  expect(golden.masks.length).toBeGreaterThan(3);
  expect(golden.refused.length).toBeGreaterThan(3);
});

describe.each(golden.masks)("$name", ({ rows, columns, pixels, hex }) => {
  test("encodes to the same bytes as the worker's", () => {
    expect(hexOf(encodeMask({ rows, columns, values: valuesOf(pixels) }))).toBe(hex);
  });

  test("decodes to the same voxels as the worker's", () => {
    expect(decodeMask(bytesOf(hex))).toEqual({ rows, columns, values: valuesOf(pixels) });
  });
});

test.each(golden.refused)("refuses $name", ({ hex }) => {
  expect(() => decodeMask(bytesOf(hex))).toThrow(MaskFormatError);
});

test("a random frame of many segments survives the round trip", () => {
  const values = Uint16Array.from(
    { length: 37 * 91 },
    (_, at) => ((at * at * 31) % 65_536) >> (at % 9),
  );
  expect(decodeMask(encodeMask({ rows: 37, columns: 91, values })).values).toEqual(values);
});
