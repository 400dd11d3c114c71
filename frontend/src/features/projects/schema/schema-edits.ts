import type {
  QuestionDefinition,
  QuestionKind,
  SchemaDocument,
  SegmentDefinition,
  ShapeDefinition,
} from "@/api/types";
import { paletteColor } from "@/lib/palette";

const yesOrNo = [
  { value: "yes", label: "Yes" },
  { value: "no", label: "No" },
];

export const emptySchema: SchemaDocument = {
  segments: [],
  shapes: [],
  questions: [],
  rules: { require_any_segment: false, required_segments: [] },
};

/**
 * Add a segment under a number never used in this schema.
 *
 * `retired` holds numbers of earlier versions: voxels drawn under them must
 * never turn into something else.
 */
export function addSegment(
  schema: SchemaDocument,
  retired: readonly number[] = [],
): SchemaDocument {
  const id = Math.max(0, ...retired, ...schema.segments.map((segment) => segment.id)) + 1;
  const used = new Set(schema.segments.map((segment) => segment.color));
  let turn = schema.segments.length;
  while (used.has(paletteColor(turn)) && turn < schema.segments.length + 20) turn += 1;
  const segment = {
    id,
    name: "",
    color: paletteColor(turn),
    code: null,
    overlap: false,
    retired: false,
  };
  const isFirst = schema.segments.every((one) => one.retired);
  return {
    ...schema,
    segments: [...schema.segments, segment],
    rules: isFirst ? { ...schema.rules, require_any_segment: true } : schema.rules,
  };
}

export function changeSegment(
  schema: SchemaDocument,
  id: number,
  change: Partial<SegmentDefinition>,
): SchemaDocument {
  return {
    ...schema,
    segments: schema.segments.map((one) => (one.id === id ? { ...one, ...change } : one)),
  };
}

export function removeSegment(schema: SchemaDocument, id: number): SchemaDocument {
  const segments = schema.segments.filter((one) => one.id !== id);
  const isLast = segments.every((one) => one.retired);
  return {
    ...schema,
    segments,
    rules: {
      require_any_segment: schema.rules.require_any_segment && !isLast,
      required_segments: schema.rules.required_segments.filter((one) => one !== id),
    },
  };
}

export function requireSegment(
  schema: SchemaDocument,
  id: number,
  isRequired: boolean,
): SchemaDocument {
  const others = schema.rules.required_segments.filter((one) => one !== id);
  const required_segments = isRequired ? [...others, id].sort((a, b) => a - b) : others;
  return { ...schema, rules: { ...schema.rules, required_segments } };
}

export function addShape(schema: SchemaDocument): SchemaDocument {
  const shape: ShapeDefinition = {
    id: freeId("shape", schema.shapes),
    name: "",
    kind: "box",
    color: paletteColor(schema.segments.length + schema.shapes.length),
  };
  return { ...schema, shapes: [...schema.shapes, shape] };
}

export function changeShape(
  schema: SchemaDocument,
  id: string,
  change: Partial<ShapeDefinition>,
): SchemaDocument {
  return {
    ...schema,
    shapes: schema.shapes.map((one) => (one.id === id ? { ...one, ...change } : one)),
  };
}

export function removeShape(schema: SchemaDocument, id: string): SchemaDocument {
  return { ...schema, shapes: schema.shapes.filter((one) => one.id !== id) };
}

export function addQuestion(schema: SchemaDocument): SchemaDocument {
  const question: QuestionDefinition = {
    id: freeId("question", schema.questions),
    text: "",
    kind: "choice",
    options: yesOrNo,
    unit: null,
    min: null,
    max: null,
    required: false,
    when: null,
  };
  return { ...schema, questions: [...schema.questions, question] };
}

/** Replace a question; conditions that hang on a removed option are kept for the person to see. */
export function changeQuestion(
  schema: SchemaDocument,
  id: string,
  question: QuestionDefinition,
): SchemaDocument {
  return {
    ...schema,
    questions: schema.questions.map((one) => (one.id === id ? question : one)),
  };
}

/** Take a question out, with the conditions of others that asked for its answer. */
export function removeQuestion(schema: SchemaDocument, id: string): SchemaDocument {
  const questions = schema.questions
    .filter((one) => one.id !== id)
    .map((one) => (one.when?.question === id ? withoutCondition(one) : one));
  return { ...schema, questions };
}

/** Another kind of answer keeps the words and the condition, and drops what does not fit it. */
export function withKind(question: QuestionDefinition, kind: QuestionKind): QuestionDefinition {
  const isChoice = kind === "choice" || kind === "multi";
  const options = question.options.length > 0 ? question.options : yesOrNo;
  return { ...question, kind, options: isChoice ? options : [], unit: null, min: null, max: null };
}

export function withoutCondition(question: QuestionDefinition): QuestionDefinition {
  return { ...question, when: null };
}

/** Options typed one on a line; each keeps the value it already had under its words. */
export function parseOptions(
  lines: string,
  known: QuestionDefinition["options"],
): QuestionDefinition["options"] {
  const labels = lines.split("\n").map((line) => line.trim());
  return [...new Set(labels.filter(Boolean))].map(
    (label, index) =>
      known.find((one) => one.label === label) ?? { value: slug(label, index + 1), label },
  );
}

/** The server takes plain letters only; words in other scripts get a number. */
function slug(label: string, turn: number): string {
  const plain = label.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const words = plain.replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "");
  return words.slice(0, 40) || `option_${turn}`;
}

function freeId(stem: string, taken: readonly { readonly id: string }[]): string {
  let turn = taken.length + 1;
  while (taken.some((one) => one.id === `${stem}_${turn}`)) turn += 1;
  return `${stem}_${turn}`;
}

/** Segments that go on under another name: the same thing, better said. */
export function renamedSegments(before: SchemaDocument, after: SchemaDocument): readonly number[] {
  const names = new Map(before.segments.map((segment) => [segment.id, segment.name]));
  return after.segments
    .filter((segment) => names.has(segment.id) && names.get(segment.id) !== segment.name)
    .map((segment) => segment.id);
}
