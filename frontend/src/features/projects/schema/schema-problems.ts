import type { QuestionDefinition, SchemaDocument } from "@/api/types";

/** What keeps a schema from being used, as sentences; empty when it is whole. */
export function schemaProblems(schema: SchemaDocument): readonly string[] {
  const { shapes, questions } = schema;
  const segments = schema.segments.filter((segment) => !segment.retired);
  const isEmpty = segments.length + shapes.length + questions.length === 0;
  return [
    ...(isEmpty ? ["Add at least one segment, shape or question."] : []),
    ...nameProblems("segment", segments),
    ...nameProblems("shape", shapes),
    ...questions.flatMap(questionProblems),
  ];
}

function nameProblems(
  kind: string,
  parts: readonly { readonly name: string }[],
): readonly string[] {
  const names = parts.map((part) => part.name.trim().toLocaleLowerCase());
  const twice = names.find((name, index) => name && names.indexOf(name) !== index);
  return [
    ...(names.includes("") ? [`Every ${kind} needs a name.`] : []),
    ...(twice ? [`Two ${kind}s are called “${twice}”.`] : []),
  ];
}

function questionProblems(question: QuestionDefinition): readonly string[] {
  if (!question.text.trim()) return ["Every question needs its words."];
  const isChoice = question.kind === "choice" || question.kind === "multi";
  if (isChoice && question.options.length < 2) {
    return [`“${question.text}” needs at least two options.`];
  }
  if (question.min === null || question.max === null) return [];
  if (question.min > question.max) {
    return [`The least value of “${question.text}” is above its greatest.`];
  }
  return [];
}
