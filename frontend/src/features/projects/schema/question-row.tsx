import { Checkbox, Select, TextInput } from "@mantine/core";

import type { QuestionDefinition, QuestionKind, SchemaDocument } from "@/api/types";

import { QuestionDetails } from "./question-details";
import { RemoveButton } from "./remove-button";
import classes from "./schema.module.css";
import { changeQuestion, removeQuestion, withKind } from "./schema-edits";

const kinds: readonly { readonly value: QuestionKind; readonly label: string }[] = [
  { value: "choice", label: "One of several" },
  { value: "multi", label: "Any of several" },
  { value: "number", label: "Number" },
  { value: "text", label: "Text" },
];

interface QuestionRowProps {
  readonly question: QuestionDefinition;
  readonly schema: SchemaDocument;
  readonly onChange: (schema: SchemaDocument) => void;
}

/** One question: its words, how it is answered, and when it is asked. */
export function QuestionRow({ question, schema, onChange }: QuestionRowProps) {
  const name = question.text || question.id;
  function change(part: Partial<QuestionDefinition>) {
    onChange(changeQuestion(schema, question.id, { ...question, ...part }));
  }
  return (
    <div className={classes["question"]}>
      <div className={classes["questionHead"]}>
        <TextInput
          aria-label={`Words of ${question.id}`}
          placeholder="Question, such as Is the image quality sufficient?"
          value={question.text}
          onChange={(event) => change({ text: event.currentTarget.value })}
        />
        <Select
          aria-label={`Kind of answer to ${name}`}
          data={kinds.map((kind) => ({ ...kind }))}
          allowDeselect={false}
          value={question.kind}
          onChange={(kind) =>
            kind &&
            onChange(changeQuestion(schema, question.id, withKind(question, kind as QuestionKind)))
          }
        />
        <Checkbox
          label="Required"
          checked={question.required}
          onChange={(event) => change({ required: event.currentTarget.checked })}
        />
        <RemoveButton name={name} onClick={() => onChange(removeQuestion(schema, question.id))} />
      </div>
      <QuestionDetails question={question} schema={schema} onChange={onChange} />
    </div>
  );
}
