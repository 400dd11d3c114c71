import { expect, test } from "vitest";

import { patternOf } from "./patterns";
import { tellingFrame } from "./revision-picture";
import { nearestFrame, type PlacedFrame } from "./series-geometry";
import { shapeOfTool } from "./settings";
import { sampleRange } from "./tools/sample-range";

function frameAt(z: number, index: number): PlacedFrame {
  return {
    key: `${index}.1`,
    index,
    rows: 8,
    columns: 8,
    spacing_i_mm: 1,
    spacing_j_mm: 1,
    image: {} as PlacedFrame["image"],
    plane: {
      origin_mm_lps: [0, 0, z],
      along_i: [1, 0, 0],
      along_j: [0, 1, 0],
      spacing_i_mm: 1,
      spacing_j_mm: 1,
    },
    isPlaced: true,
    isCalibrated: true,
    voxel_ml: 0.001,
  };
}

test("the slice beside is the nearest by position, over a gap too", () => {
  const frames = [0, 3, 6, 21].map(frameAt);
  expect(nearestFrame(frames, [50, 50, 4.4])?.index).toBe(1);
  expect(nearestFrame(frames, [0, 0, 14])?.index).toBe(3);
  expect(nearestFrame(frames, [0, 0, -99])?.index).toBe(0);
  expect(nearestFrame([], [0, 0, 0])).toBeNull();
});

test("no two of the first six segments share a pattern", () => {
  const drawn = [0, 1, 2, 3, 4, 5].map((number) => {
    const isLine = patternOf(number, 256);
    return Array.from({ length: 400 }, (_, at) =>
      Number(isLine(at % 20, Math.floor(at / 20))),
    ).join("");
  });
  expect(new Set(drawn).size).toBe(6);
  expect(drawn.every((pattern) => pattern.includes("1") && pattern.includes("0"))).toBe(true);
});

test("a revision is shown by a slice that it changed", () => {
  const mask = (frame: string, sha256: string) => {
    return { layer: 0, frame, sha256, encoded: () => new Uint8Array() };
  };
  const before = [mask("1.1", "a"), mask("2.1", "b")];
  expect(tellingFrame([...before, mask("9.1", "c")], before)).toBe("9.1");
  expect(tellingFrame([mask("1.1", "a"), mask("2.1", "z")], before)).toBe("2.1");
  expect(tellingFrame([], before)).toBeNull();
});

test("the threshold takes the usual values of a disc in real units", () => {
  const values = Array.from({ length: 64 }, (_, at) => (at % 2 === 0 ? 10 : 14));
  const pixels = { values, samples: 1, slope: 2, intercept: -4 };
  expect(sampleRange(frameAt(0, 0), { i: 3.5, j: 3.5 }, 20, pixels)).toEqual({ low: 12, high: 28 });
  expect(sampleRange(frameAt(0, 0), { i: 99, j: 99 }, 2, pixels)).toBeNull();
});

test("a filling tool fills until a shape is chosen; others take the first of their kind", () => {
  const shapes = [
    { id: "a", name: "A", kind: "polygon", color: "#ffffff" },
    { id: "b", name: "B", kind: "box", color: "#ffffff" },
    { id: "c", name: "C", kind: "box", color: "#ffffff" },
  ];
  expect(shapeOfTool(shapes, "polygon", undefined)).toBeNull();
  expect(shapeOfTool(shapes, "polygon", "a")?.id).toBe("a");
  expect(shapeOfTool(shapes, "box", undefined)?.id).toBe("b");
  expect(shapeOfTool(shapes, "box", "c")?.id).toBe("c");
  expect(shapeOfTool(shapes, "length", undefined)).toBeNull();
});
