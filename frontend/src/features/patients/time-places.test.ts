import { describe, expect, it } from "vitest";

import { lanesOf, marksOf } from "./time-places";

const studies = [
  { id: "a", date: "20200101", modalities: ["CT"] },
  { id: "b", date: "20210101", modalities: ["CT", "PT"] },
  { id: "c", date: "20220101", modalities: ["MR"] },
  { id: "d", date: null, modalities: ["MR"] },
];

describe("studies in time", () => {
  it("lie in lanes of their modality, in proportion", () => {
    const lanes = lanesOf(studies);

    expect(lanes.map((lane) => lane.modality)).toEqual(["CT", "MR", "PT"]);
    expect(lanes[0]?.points.map((point) => point.id)).toEqual(["a", "b"]);
    expect(lanes[0]?.points[1]?.at).toBeCloseTo(0.5, 2);
    expect(lanes[1]?.points).toEqual([{ id: "c", at: 1 }]);
  });

  it("have years to go by, and nothing where no date is known", () => {
    expect(marksOf(studies).map((mark) => mark.label)).toEqual(["2021", "2022"]);
    expect(lanesOf([{ id: "x", date: "", modalities: ["CT"] }])).toEqual([]);
  });
});
