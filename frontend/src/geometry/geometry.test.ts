import { describe, expect, test } from "vitest";

import golden from "../../../fixtures/geometry/grids.json";
import { affineFromFrame, applyAffine, invertAffine } from "./affine2d";
import { lpsToPoint, pointToLps } from "./frame-plane";
import { gridGeometry, indexToLps, lpsToIndex } from "./grid";
import { orientationLetters } from "./orientation";
import { type Vec3, vec3 } from "./vec3";

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, axis) => {
    expect(value).toBeCloseTo(expected[axis] ?? Number.NaN, 9);
  });
}

test("the golden file has oblique and anisotropic grids", () => {
  expect(golden.cases.length).toBeGreaterThan(2);
});

describe.each(golden.cases)("$name", (grid) => {
  const geometry = gridGeometry(grid.origin_mm_lps, grid.spacing_mm_ijk, grid.direction);

  test.each(grid.points)("voxel $index_ijk lies where the worker says", ({ index_ijk, lps }) => {
    expectClose(indexToLps(geometry, vec3(index_ijk)), lps);
    expectClose(lpsToIndex(geometry, vec3(lps)), index_ijk);
  });
});

test("a point of a tilted frame goes to patient space and back", () => {
  const plane = {
    origin_mm_lps: [3, -4, 9] as Vec3,
    along_i: [0.6, 0.8, 0] as Vec3,
    along_j: [0, 0, -1] as Vec3,
    spacing_i_mm: 0.5,
    spacing_j_mm: 2,
  };
  expectClose(pointToLps(plane, { i: 10, j: 3 }), [6, 0, 3]);
  const back = lpsToPoint(plane, [6, 0, 3]);
  expectClose([back.i, back.j], [10, 3]);
});

test("directions are named after the body, strongest axis first", () => {
  expect(orientationLetters([1, 0, 0])).toBe("L");
  expect(orientationLetters([-0.3, -0.95, 0.02])).toBe("AR");
  expect(orientationLetters([0, 0.2, -0.97])).toBe("FP");
});

test("the map from a frame to the canvas turns around exactly", () => {
  const map = affineFromFrame({ x: 7, y: 9 }, { x: 9, y: 10 }, { x: 6.5, y: 12 });
  const { x, y } = applyAffine(invertAffine(map), applyAffine(map, { x: 31, y: -5 }));
  expectClose([x, y], [31, -5]);
  expect(() => invertAffine({ ...map, a: 0, b: 0 })).toThrow(RangeError);
});
