import { describe, expect, it } from "vitest";

import { filterOf, paramsOf } from "./study-view";

describe("what the list of studies shows", () => {
  it("comes back from its address equal, but for the words of the search", () => {
    const filter = {
      search: "Okafor",
      modalities: ["CT", "MR"],
      body_parts: ["CHEST"],
      sources: ["stow"],
      tag_ids: ["t1", "t2"],
      date_from: "2025-01-01",
      date_to: "2025-12-31",
      project_id: "p",
      cohort_id: "c",
      has_warnings: false,
    };

    const params = paramsOf(filter);

    expect(params.toString()).not.toMatch(/okafor/i);
    expect(filterOf(params, "Okafor")).toEqual(filter);
  });

  it("says nothing that does not narrow", () => {
    expect(filterOf(new URLSearchParams("order=date&study=x"), "")).toEqual({});
    expect(paramsOf({ search: "x", modalities: [], has_warnings: null }).toString()).toBe("");
  });
});
