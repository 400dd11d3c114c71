import { expect, test } from "vitest";

import type { IngestItem } from "@/api/types";

import { stageOf } from "./upload-item";

function outcomes(...words: readonly IngestItem["outcome"][]): readonly IngestItem[] {
  return words.map((outcome) => ({
    name: "a",
    outcome,
    code: null,
    reason: null,
    next_step: null,
    instance_uid: null,
  }));
}

test("what is not DICOM is being read until all of it has its fate", () => {
  expect(stageOf(outcomes("stored", "waiting"))).toBe("reading");
  expect(stageOf(outcomes("converted", "kept"))).toBe("converted");
  expect(stageOf(outcomes("kept"))).toBe("kept");
  expect(stageOf(outcomes("rejected", "duplicate"))).toBe("duplicate");
  expect(stageOf(outcomes("rejected"))).toBe("rejected");
  expect(stageOf([])).toBe("rejected");
});
