import { expect, test } from "vitest";

import { Problem, problemFrom, Unreachable } from "./problem";
import { sentenceOf } from "./sentence";

test("the server's own words win", () => {
  const problem = new Problem(422, { code: "x", detail: "Training needs two patients" });
  expect(sentenceOf(problem)).toBe("Training needs two patients.");
});

test("a known code without words is explained", () => {
  const problem = new Problem(409, { code: "annotation.lock_lost" });
  expect(sentenceOf(problem)).toContain("Your edits are kept on this computer.");
});

test("fields that were refused are named", () => {
  const problem = new Problem(422, {
    detail: "Check the form.",
    errors: { last_name: ["is empty"] },
  });
  expect(sentenceOf(problem)).toBe("Check the form. last name: is empty");
});

test("no network is not the server's fault", () => {
  expect(sentenceOf(new Unreachable())).toContain("cannot be reached");
});

test("a proxy's HTML becomes a sentence too", async () => {
  const answer = new Response("<h1>Bad gateway</h1>", { status: 502 });
  expect(sentenceOf(await problemFrom(answer))).toContain("restarting");
});

test.each([400, 401, 403, 404, 409, 413, 418, 422, 429, 500, 502, 503, 504])(
  "status %i alone still says what to do",
  (status) => {
    const sentence = sentenceOf(new Problem(status, {}));
    expect(sentence).toMatch(/^[A-Z].*\.$/);
    expect(sentence).not.toMatch(/error|went wrong|\d{3}/i);
  },
);
