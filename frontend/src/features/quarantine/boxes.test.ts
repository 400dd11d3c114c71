import { describe, expect, it } from "vitest";

import { boxBetween, isLargeEnough, middleBox, moved, resized } from "./boxes";

const size = { rows: 100, columns: 200 };

describe("boxes over a picture", () => {
  it("cover every pixel that was touched, drawn in any direction", () => {
    const drawn = boxBetween({ row: 40.2, column: 90.9 }, { row: 10.7, column: 20.1 }, size);

    expect(drawn).toEqual([10, 20, 41, 91]);
    expect(boxBetween({ row: -5, column: -9 }, { row: 300, column: 300 }, size)).toEqual([
      0, 0, 100, 200,
    ]);
  });

  it("keep their size at the edge of the picture", () => {
    expect(moved([10, 10, 20, 60], { row: -50, column: 500 }, size)).toEqual([0, 150, 10, 200]);
  });

  it("follow a corner, also beyond the opposite one", () => {
    const box = [10, 10, 20, 60] as const;

    expect(resized(box, "bottom-right", { row: 30, column: 70 }, size)).toEqual([10, 10, 30, 70]);
    expect(resized(box, "top-left", { row: 50, column: 80 }, size)).toEqual([20, 60, 50, 80]);
  });

  it("are no box when they are a slip of the hand", () => {
    expect(isLargeEnough([10, 10, 12, 90])).toBe(false);
    expect(isLargeEnough(middleBox({ rows: 8, columns: 8 }))).toBe(true);
  });
});
