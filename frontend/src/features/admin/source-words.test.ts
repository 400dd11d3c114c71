import { expect, test } from "vitest";

import type { Source, SourceRun } from "@/api/types";

import { nextOf, resultOf, stateOf } from "./source-words";

const none = {
  stored: 0,
  duplicate: 0,
  quarantined: 0,
  rejected: 0,
  waiting: 0,
  converted: 0,
  kept: 0,
};

const run: SourceRun = {
  id: "r",
  state: "succeeded",
  trigger: "person",
  job_id: "j",
  progress: 1,
  message: "",
  ingest_run_id: null,
  found: 0,
  skipped: 0,
  growing: 0,
  counts: none,
  problem: null,
  created_at: "2026-01-01T00:00:00Z",
  finished_at: "2026-01-01T00:01:00Z",
};

const source: Source = {
  id: "s",
  name: "Inbox",
  settings: { kind: "folder", path: "/in", settle_seconds: 5, moves_done: false },
  has_secret: false,
  policy: "",
  project_id: null,
  schedule: { every_minutes: null, daily_at: null },
  is_enabled: true,
  next_run_at: null,
  last_run: run,
  created_at: "2026-01-01T00:00:00Z",
};

test("a result counts what came, what was known, and what still grows", () => {
  const came = {
    ...run,
    found: 3,
    ingest_run_id: "i",
    counts: { ...none, stored: 2, rejected: 1 },
  };

  expect(resultOf(run)).toBe("Nothing new.");
  expect(resultOf({ ...run, skipped: 1 })).toBe("Nothing new. 1 file known from before.");
  expect(resultOf(came)).toBe("2 stored, 1 rejected.");
  expect(resultOf({ ...run, growing: 2 })).toBe("Nothing new. 2 files still grow: next time.");
});

test("a look that is under way tells what has come so far", () => {
  const going: SourceRun = { ...run, state: "running", message: "File 3 of 9", finished_at: null };

  expect(resultOf(going)).toBe("File 3 of 9.");
  expect(resultOf({ ...going, ingest_run_id: "i", counts: { ...none, stored: 2 } })).toBe(
    "File 3 of 9. 2 stored so far.",
  );
});

test("a look that failed says why, and what came before it did", () => {
  const failed: SourceRun = {
    ...run,
    state: "failed",
    found: 2,
    counts: { ...none, stored: 2 },
    problem: "The server cannot be reached.",
  };

  expect(resultOf(failed)).toBe("The server cannot be reached. 2 stored.");
  expect(stateOf({ ...source, last_run: failed })).toEqual({ tone: "bad", word: "Failed" });
});

test("a source that is off says so, unless it is just being looked at", () => {
  const off = { ...source, is_enabled: false };

  expect(stateOf(off).word).toBe("Off");
  expect(stateOf({ ...off, last_run: { ...run, state: "running" } }).word).toBe("Running");
  expect(nextOf(off)).toBe("Off: nothing is taken.");
  expect(nextOf(source)).toBe("Only when asked.");
});
