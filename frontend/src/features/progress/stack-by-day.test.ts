import { expect, test } from "vitest";

import { stackByDay } from "./stack-by-day";

test("days between are shown, people are stacked", () => {
  const stacked = stackByDay([
    { day: "2026-03-30", user: "Ana", count: 2 },
    { day: "2026-03-30", user: "Bo", count: 1 },
    { day: "2026-04-01", user: "Ana", count: 5 },
  ]);
  expect(stacked.people).toEqual(["Ana", "Bo"]);
  expect(stacked.days).toEqual([
    { day: "2026-03-30", counts: { Ana: 2, Bo: 1 } },
    { day: "2026-03-31", counts: {} },
    { day: "2026-04-01", counts: { Ana: 5 } },
  ]);
});

test("no work makes no days", () => {
  expect(stackByDay([]).days).toEqual([]);
});
