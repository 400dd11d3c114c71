import { expect, test } from "vitest";

import type { SchemaDocument } from "@/api/types";

import {
  addQuestion,
  addSegment,
  changeQuestion,
  changeSegment,
  emptySchema,
  parseOptions,
  removeQuestion,
  removeSegment,
  renamedSegments,
  requireSegment,
  withKind,
} from "./schema-edits";
import { schemaProblems } from "./schema-problems";

function twoSegments(): SchemaDocument {
  const schema = addSegment(addSegment(emptySchema));
  return changeSegment(changeSegment(schema, 1, { name: "Liver" }), 2, { name: "Lesion" });
}

test("a new segment gets a fresh number, a fresh colour and no code", () => {
  const [first, second] = twoSegments().segments;
  expect([first?.id, second?.id]).toEqual([1, 2]);
  expect(first?.color).not.toBe(second?.color);
  expect(second?.code).toBeNull();
});

test("a number of an earlier version is never given out again", () => {
  const schema = removeSegment(twoSegments(), 2);
  expect(addSegment(schema, [1, 2]).segments.at(-1)?.id).toBe(3);
});

test("a removed segment is no longer required", () => {
  const schema = requireSegment(requireSegment(twoSegments(), 2, true), 1, true);
  expect(schema.rules.required_segments).toEqual([1, 2]);
  expect(removeSegment(schema, 2).rules.required_segments).toEqual([1]);
});

test("without segments, none can be asked for", () => {
  const schema = removeSegment(removeSegment(twoSegments(), 1), 2);
  expect(schema.rules.require_any_segment).toBe(false);
});

test("a renamed segment is told apart from a new one", () => {
  const before = twoSegments();
  const after = addSegment(changeSegment(before, 2, { name: "Metastasis" }));
  expect(renamedSegments(before, after)).toEqual([2]);
});

test("options keep their value while others are written, and odd scripts get one", () => {
  const known = [{ value: "poor", label: "Poor quality" }];
  expect(parseOptions("Poor quality\n\nÉtat moyen\n良い", known)).toEqual([
    { value: "poor", label: "Poor quality" },
    { value: "etat_moyen", label: "État moyen" },
    { value: "option_3", label: "良い" },
  ]);
});

test("removing a question frees those that hung on its answer", () => {
  let schema = addQuestion(addQuestion(emptySchema));
  const [asked, hanging] = schema.questions;
  if (!asked || !hanging) throw new Error("two questions were added");
  const when = { question: asked.id, equals: "yes" };
  schema = changeQuestion(schema, hanging.id, { ...hanging, when });

  const left = removeQuestion(schema, asked.id).questions;

  expect(left).toHaveLength(1);
  expect(left[0]?.when).toBeNull();
});

test("an answer of another kind drops options and limits that do not fit", () => {
  const question = addQuestion(emptySchema).questions[0];
  if (!question) throw new Error("a question was added");
  expect(withKind(question, "number").options).toEqual([]);
  expect(withKind({ ...withKind(question, "number"), min: 1, unit: "mm" }, "text")).toMatchObject({
    min: null,
    unit: null,
  });
});

test("problems are sentences", () => {
  expect(schemaProblems(emptySchema)).toEqual(["Add at least one segment, shape or question."]);
  expect(schemaProblems(twoSegments())).toEqual([]);
  const same = changeSegment(twoSegments(), 2, { name: "liver " });
  expect(schemaProblems(same)).toEqual(["Two segments are called “liver”."]);
});
