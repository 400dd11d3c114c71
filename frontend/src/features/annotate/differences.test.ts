import { expect, test } from "vitest";

import { encodeMask } from "@/geometry/rle";
import { MaskStore } from "@/viewer-core/mask-store";

import { countDifferences } from "./differences";

function store(frames: Readonly<Record<string, readonly number[]>>): MaskStore {
  const masks = new MaskStore();
  for (const [frame, values] of Object.entries(frames)) {
    const encoded = encodeMask({ rows: 2, columns: 3, values: Uint16Array.from(values) });
    masks.load(0, frame, encoded);
  }
  return masks;
}

test("voxels are counted where two readers differ, also where only one has drawn", () => {
  const one = store({ "1.1": [1, 1, 0, 0, 0, 2], "2.1": [1, 0, 0, 0, 0, 0] });
  const other = store({ "1.1": [1, 2, 2, 0, 0, 2], "3.1": [0, 0, 4, 4, 4, 0] });

  const found = countDifferences(one, other);

  expect(Object.fromEntries(found)).toEqual({ "1.1": 2, "2.1": 1, "3.1": 3 });
});

test("equal documents differ nowhere", () => {
  const same = { "1.1": [1, 1, 0, 0, 0, 2] };

  expect(countDifferences(store(same), store(same)).size).toBe(0);
});
