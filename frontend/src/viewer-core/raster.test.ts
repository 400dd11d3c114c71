import { describe, expect, test } from "vitest";

import {
  type Canvas2d,
  rasterCapsule,
  rasterEllipse,
  rasterPolygon,
  rasterRectangle,
} from "./raster";

const canvas: Canvas2d = { rows: 40, columns: 60, spacing_i_mm: 0.7, spacing_j_mm: 1.3 };

function collect(draw: (visit: (j: number, i0: number, i1: number) => void) => void): Set<string> {
  const seen = new Set<string>();
  draw((j, i0, i1) => {
    for (let i = i0; i < i1; i++) {
      expect(seen.has(`${i},${j}`)).toBe(false);
      seen.add(`${i},${j}`);
    }
  });
  return seen;
}

function where(test: (i: number, j: number) => boolean): Set<string> {
  const found = new Set<string>();
  for (let j = 0; j < canvas.rows; j++) {
    for (let i = 0; i < canvas.columns; i++) if (test(i, j)) found.add(`${i},${j}`);
  }
  expect(found.size).toBeGreaterThan(0);
  return found;
}

/** Distance to a segment by sampling it finely: slow, and independent of the code under test. */
function sampledDistance(
  [x, y]: readonly [number, number],
  [ax, ay]: readonly [number, number],
  [bx, by]: readonly [number, number],
): number {
  let best = Number.POSITIVE_INFINITY;
  for (let step = 0; step <= 4_000; step++) {
    const t = step / 4_000;
    best = Math.min(best, Math.hypot(x - ax - t * (bx - ax), y - ay - t * (by - ay)));
  }
  return best;
}

test("a click paints exactly the voxels within the radius, in millimetres", () => {
  const centre = { i: 20.3, j: 15.8 };
  const painted = collect((visit) => rasterCapsule(canvas, centre, centre, 6, visit));
  const expected = where((i, j) => ((i - 20.3) * 0.7) ** 2 + ((j - 15.8) * 1.3) ** 2 <= 36);
  expect(painted).toEqual(expected);
});

test("a stroke between two pointer positions leaves no gap and nothing outside", () => {
  const painted = collect((visit) =>
    rasterCapsule(canvas, { i: 10, j: 30 }, { i: 48, j: 7 }, 3.21, visit),
  );
  const [a, b] = [[10 * 0.7, 30 * 1.3] as const, [48 * 0.7, 7 * 1.3] as const];
  const expected = where((i, j) => sampledDistance([i * 0.7, j * 1.3], a, b) <= 3.21);
  expect(painted).toEqual(expected);
});

test("a brush over the rim of the picture is cut off there", () => {
  const corner = { i: -2, j: -1 };
  const painted = collect((visit) => rasterCapsule(canvas, corner, corner, 5, visit));
  expect(painted).toEqual(where((i, j) => ((i + 2) * 0.7) ** 2 + ((j + 1) * 1.3) ** 2 <= 25));
});

test("a brush outside of the picture paints nothing", () => {
  const far = { i: 500, j: 500 };
  expect(collect((visit) => rasterCapsule(canvas, far, far, 5, visit)).size).toBe(0);
});

describe("polygon", () => {
  const star = [
    { i: 5.5, j: 2.5 },
    { i: 50.5, j: 10.5 },
    { i: 20.5, j: 14.5 },
    { i: 44.5, j: 36.5 },
    { i: 3.5, j: 30.5 },
  ];

  function windsAround(i: number, j: number): boolean {
    let angle = 0;
    star.forEach((a, index) => {
      const b = star[(index + 1) % star.length] ?? a;
      const [ax, ay, bx, by] = [a.i - i, a.j - j, b.i - i, b.j - j];
      angle += Math.atan2(ax * by - ay * bx, ax * bx + ay * by);
    });
    return Math.abs(angle) > 1;
  }

  test("fills the voxels whose centre lies inside", () => {
    expect(collect((visit) => rasterPolygon(canvas, star, visit))).toEqual(where(windsAround));
  });

  test("two neighbours share no voxel and leave none between them", () => {
    const [left, right] = [0, 10].map((i) =>
      collect((visit) =>
        rasterPolygon(
          canvas,
          [
            { i, j: 5 },
            { i: i + 10, j: 5 },
            { i: i + 10, j: 9 },
            { i, j: 9 },
          ],
          visit,
        ),
      ),
    );
    expect(left?.size).toBe(40);
    expect(right?.size).toBe(40);
    expect([...(left ?? [])].filter((voxel) => right?.has(voxel))).toEqual([]);
  });

  test("needs three corners", () => {
    expect(collect((visit) => rasterPolygon(canvas, star.slice(0, 2), visit)).size).toBe(0);
  });
});

test("rectangle and ellipse hold the centres between their corners", () => {
  const [a, b] = [
    { i: 30.4, j: 20.6 },
    { i: 11.2, j: 4.4 },
  ];
  expect(collect((visit) => rasterRectangle(canvas, a, b, visit))).toEqual(
    where((i, j) => i >= 11.2 && i <= 30.4 && j >= 4.4 && j <= 20.6),
  );
  expect(collect((visit) => rasterEllipse(canvas, a, b, visit))).toEqual(
    where((i, j) => ((i - 20.8) / 9.6) ** 2 + ((j - 12.5) / 8.1) ** 2 <= 1),
  );
});
