import type { Tone } from "./tone";

const words: Readonly<Record<string, readonly [string, Tone]>> = {
  todo: ["To do", "quiet"],
  in_progress: ["In progress", "active"],
  submitted: ["Submitted", "good"],
  in_review: ["In review", "warn"],
  accepted: ["Accepted", "good"],
  returned: ["Returned", "bad"],
  skipped: ["Skipped", "quiet"],
  problem: ["Problem", "bad"],
};

export function nameOfState(state: string): string {
  return words[state]?.[0] ?? state;
}

export function toneOfState(state: string): Tone {
  return words[state]?.[1] ?? "quiet";
}

/** The states in the order work passes through them. */
export const taskStates = [
  "todo",
  "in_progress",
  "submitted",
  "in_review",
  "accepted",
  "returned",
  "skipped",
  "problem",
] as const;

/** One figure for a task's agreement: the mean over its segments. */
export function meanAgreement(
  agreement: Readonly<Record<string, number>> | null | undefined,
): number | null {
  const values = Object.values(agreement ?? {});
  if (values.length === 0) return null;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
