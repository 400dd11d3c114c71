import { expect, test } from "vitest";

import type { ModelVersion } from "@/api/types";

import { compared } from "./compared";

function version(
  segments: Readonly<Record<number, string>>,
  dice: Readonly<Record<number, number>>,
) {
  const metric = (mean: number) => ({
    dice_mean: mean,
    dice_low: mean - 0.1,
    dice_high: mean + 0.05,
    n: 3,
  });
  const perSegment = Object.entries(dice).map(([id, mean]) => [id, metric(mean)]);
  return {
    segments: Object.entries(segments).map(([id, name]) => ({ id: Number(id), name })),
    metrics: { per_segment: Object.fromEntries(perSegment) },
  } as unknown as ModelVersion;
}

test("versions are compared over every segment that either knows, under its newest name", () => {
  const newer = version({ 1: "Liver", 3: "Lesion" }, { 1: 0.91, 3: 0.4 });
  const older = version({ 1: "Organ", 2: "Spleen" }, { 1: 0.85 });

  const rows = compared(newer, older);

  expect(rows.map(({ name }) => name)).toEqual(["Liver", "Spleen", "Lesion"]);
  expect(rows.map(({ one }) => one?.dice_mean ?? null)).toEqual([0.91, null, 0.4]);
  expect(rows.map(({ other }) => other?.dice_mean ?? null)).toEqual([0.85, null, null]);
});
