import { NumberInput, Select, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";

import type { QuestionDefinition, SchemaDocument } from "@/api/types";

import classes from "./schema.module.css";
import { changeQuestion, parseOptions, withoutCondition } from "./schema-edits";

interface QuestionDetailsProps {
  readonly question: QuestionDefinition;
  readonly schema: SchemaDocument;
  readonly onChange: (schema: SchemaDocument) => void;
}

/** What depends on the kind of answer, and the condition under which it is asked. */
export function QuestionDetails({ question, schema, onChange }: QuestionDetailsProps) {
  function replace(next: QuestionDefinition) {
    onChange(changeQuestion(schema, question.id, next));
  }
  const isChoice = question.kind === "choice" || question.kind === "multi";
  return (
    <div className={classes["details"]}>
      {isChoice && <OptionLines question={question} onChange={replace} />}
      {question.kind === "number" && <NumberLimits question={question} onChange={replace} />}
      <Condition question={question} schema={schema} onChange={replace} />
    </div>
  );
}

interface PartProps {
  readonly question: QuestionDefinition;
  readonly onChange: (question: QuestionDefinition) => void;
}

function OptionLines({ question, onChange }: PartProps) {
  const options = question.options;
  const [lines, setLines] = useState(options.map((option) => option.label).join("\n"));
  return (
    <Textarea
      label="Options, one on a line"
      autosize
      minRows={2}
      value={lines}
      onChange={(event) => {
        setLines(event.currentTarget.value);
        onChange({ ...question, options: parseOptions(event.currentTarget.value, options) });
      }}
    />
  );
}

function NumberLimits({ question, onChange }: PartProps) {
  function limit(name: "min" | "max", value: number | string) {
    onChange({ ...question, [name]: typeof value === "number" ? value : null });
  }
  return (
    <>
      <TextInput
        label="Unit"
        placeholder="mm"
        value={question.unit ?? ""}
        onChange={(event) => onChange({ ...question, unit: event.currentTarget.value || null })}
      />
      <NumberInput
        label="Least"
        value={question.min ?? ""}
        onChange={(value) => limit("min", value)}
      />
      <NumberInput
        label="Greatest"
        value={question.max ?? ""}
        onChange={(value) => limit("max", value)}
      />
    </>
  );
}

interface ConditionProps extends PartProps {
  readonly schema: SchemaDocument;
}

/** Asked always, or only after a certain answer to an earlier choice. */
function Condition({ question, schema, onChange }: ConditionProps) {
  const place = schema.questions.indexOf(question);
  const earlier = schema.questions
    .slice(0, Math.max(0, place))
    .filter((one) => one.kind === "choice");
  if (earlier.length === 0) return null;
  const data = earlier.map((one) => ({
    group: one.text || one.id,
    items: one.options.map((option) => ({
      value: `${one.id}=${option.value}`,
      label: option.label,
    })),
  }));
  return (
    <Select
      label="Ask only when the answer is"
      placeholder="Ask always"
      clearable
      data={data}
      value={question.when ? `${question.when.question}=${question.when.equals}` : null}
      onChange={(value) => {
        const [asked = "", equals = ""] = value?.split("=") ?? [];
        onChange(
          value ? { ...question, when: { question: asked, equals } } : withoutCondition(question),
        );
      }}
    />
  );
}
