import { expect, test } from "vitest";

import { spanPainter, thresholdPainter } from "./paint";

const free = { value: 3, locked: new Set<number>(), only: null };

test("the brush leaves locked segments alone", () => {
  const values = Uint16Array.of(0, 1, 2, 3, 1, 0);
  spanPainter(values, 6, { ...free, locked: new Set([1]) })(0, 0, 5);
  expect([...values]).toEqual([3, 1, 3, 3, 1, 0]);
});

test("the eraser takes the chosen segment only, or every unlocked one", () => {
  const one = Uint16Array.of(1, 2, 3, 0);
  spanPainter(one, 4, { value: 0, locked: new Set(), only: 2 })(0, 0, 4);
  expect([...one]).toEqual([1, 0, 3, 0]);
  const all = Uint16Array.of(1, 2, 3, 0);
  spanPainter(all, 4, { value: 0, locked: new Set([3]), only: null })(0, 0, 4);
  expect([...all]).toEqual([0, 0, 3, 0]);
});

test("the threshold brush compares real values, both ends included", () => {
  const values = new Uint16Array(8);
  const pixels = Int16Array.of(0, 0, 0, 0, 1063, 1064, 1324, 1325);
  const range = { pixels, slope: 1, intercept: -1024, low: 40, high: 300 };
  thresholdPainter(values, 4, free, range)(1, 0, 4);
  expect([...values]).toEqual([0, 0, 0, 0, 0, 3, 3, 0]);
});
