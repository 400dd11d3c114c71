import { expect, test } from "vitest";

import { traceEdges } from "./edge-tracer";

const shape = { rows: 23, columns: 31 };

/** Blobs of three segments, some on the rim. */
function someLabels(): Uint16Array {
  const values = new Uint16Array(shape.rows * shape.columns);
  values.forEach((_, at) => {
    const [i, j] = [at % shape.columns, Math.floor(at / shape.columns)];
    if ((i - 4) ** 2 + (j - 3) ** 2 < 30) values[at] = 1;
    if ((i - 20) ** 2 + (j - 15) ** 2 < 90) values[at] = 2;
    if ((i * 7 + j * 13) % 11 === 0) values[at] = 3;
  });
  return values;
}

/** Unit edges of a segment, found voxel by voxel. */
function unitEdges(values: Uint16Array, segment: number): Set<string> {
  const at = (i: number, j: number): number =>
    i < 0 || j < 0 || i >= shape.columns || j >= shape.rows
      ? 0
      : (values[j * shape.columns + i] ?? 0);
  const edges: string[] = [];
  values.forEach((value, index) => {
    if (value !== segment) return;
    const [i, j] = [index % shape.columns, Math.floor(index / shape.columns)];
    const sides = [
      [i - 1, j, `v ${i} ${j}`],
      [i + 1, j, `v ${i + 1} ${j}`],
      [i, j - 1, `h ${i} ${j}`],
      [i, j + 1, `h ${i} ${j + 1}`],
    ] as const;
    edges.push(...sides.flatMap(([x, y, name]) => (at(x, y) === segment ? [] : [name])));
  });
  return new Set(edges);
}

function unitsOf(lines: readonly number[]): string[] {
  const units: string[] = [];
  for (let at = 0; at < lines.length; at += 4) {
    const [x0, y0, x1, y1] = lines.slice(at, at + 4).map((value) => value + 0.5) as [
      number,
      number,
      number,
      number,
    ];
    for (let x = x0; x < x1; x++) units.push(`h ${x} ${y0}`);
    for (let y = y0; y < y1; y++) units.push(`v ${x0} ${y}`);
  }
  return units;
}

test.each([1, 2, 3])("segment %i is outlined exactly, over tiles and at the rim", (segment) => {
  const values = someLabels();
  const found: string[] = [];
  for (const [j0, j1] of [
    [0, 10],
    [10, 23],
  ] as const) {
    for (const [i0, i1] of [
      [0, 16],
      [16, 31],
    ] as const) {
      found.push(...unitsOf(traceEdges(values, shape, { i0, j0, i1, j1 }).get(segment) ?? []));
    }
  }
  expect(found.length).toBeGreaterThan(20);
  expect(new Set(found).size).toBe(found.length);
  expect(new Set(found)).toEqual(unitEdges(values, segment));
});
