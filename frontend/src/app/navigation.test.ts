import { expect, test } from "vitest";

import { placesFor } from "./navigation";

const labels = (isAdmin: boolean, roles: readonly string[]) =>
  placesFor(isAdmin, roles).map((place) => place.label);

test("an annotator sees work, studies and projects", () => {
  expect(labels(false, ["annotator", "viewer"])).toEqual(["Work", "Studies", "Projects"]);
});

test.each(["owner", "manager", "reviewer", "data_scientist"])(
  "a %s of one project also sees models and releases",
  (role) => {
    expect(labels(false, ["annotator", role])).toEqual([
      "Work",
      "Studies",
      "Projects",
      "Models",
      "Releases",
    ]);
  },
);

test("only an administrator sees Admin, also without a project", () => {
  expect(labels(true, [])).toContain("Admin");
  expect(labels(false, ["owner"])).not.toContain("Admin");
});

test("no two places share a key", () => {
  const keys = placesFor(true, []).map((place) => place.key);
  expect(new Set(keys).size).toBe(keys.length);
});
