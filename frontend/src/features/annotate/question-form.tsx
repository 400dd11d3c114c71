import { NumberInput, Textarea } from "@mantine/core";
import { useState } from "react";

import type { QuestionDefinition } from "@/api/types";
import type { Answer } from "@/viewer-core/change";
import type { Station } from "@/viewer-core/station";

import classes from "./panels.module.css";
import { useStore } from "./use-store";
import type { RuleProblem } from "./wire";

interface QuestionFormProps {
  readonly station: Station;
  readonly questions: readonly QuestionDefinition[];
  readonly problems: readonly RuleProblem[];
}

/** The questions of the schema; a conditional one appears when its condition holds. */
export function QuestionForm({ station, questions, problems }: QuestionFormProps) {
  useStore(station.revision);
  const { answers } = station.document;
  const asked = questions.filter(
    ({ when }) => !when || holds(answers.get(when.question), when.equals),
  );
  if (asked.length === 0) return null;
  return (
    <section className={classes["panel"]} aria-label="Questions">
      <h2>Questions</h2>
      {asked.map((question) => (
        <fieldset key={question.id} className={classes["question"]} id={`question-${question.id}`}>
          <legend>
            {question.text}
            {question.required && <abbr title="must be answered">*</abbr>}
          </legend>
          <Field
            question={question}
            answer={answers.get(question.id) ?? null}
            onAnswer={(answer) => station.answer(question.id, answer)}
          />
          {problems
            .filter((problem) => problem.question === question.id)
            .map(({ message }) => (
              <p key={message} className={classes["warning"]} role="alert">
                {message}
              </p>
            ))}
        </fieldset>
      ))}
    </section>
  );
}

function holds(answer: Answer | undefined, equals: string | number): boolean {
  const wanted = String(equals);
  return Array.isArray(answer) ? answer.includes(wanted) : String(answer ?? "") === wanted;
}

interface FieldProps {
  readonly question: QuestionDefinition;
  readonly answer: Answer | null;
  readonly onAnswer: (answer: Answer | null) => void;
}

function Field(props: FieldProps) {
  switch (props.question.kind) {
    case "choice":
      return <Choices {...props} isMulti={false} />;
    case "multi":
      return <Choices {...props} isMulti />;
    case "number":
      return <NumberField {...props} />;
    case "text":
      return <TextField {...props} />;
  }
}

function Choices({
  question,
  answer,
  onAnswer,
  isMulti,
}: FieldProps & { readonly isMulti: boolean }) {
  const chosen = Array.isArray(answer) ? answer : answer === null ? [] : [String(answer)];
  function toggle(value: string): void {
    if (!isMulti) {
      onAnswer(value);
      return;
    }
    const next = chosen.includes(value)
      ? chosen.filter((other) => other !== value)
      : [...chosen, value];
    onAnswer(next.length > 0 ? next : null);
  }
  return (
    <div className={classes["choices"]}>
      {(question.options ?? []).map(({ value, label }) => (
        <label key={value} data-chosen={chosen.includes(value)}>
          <input
            type={isMulti ? "checkbox" : "radio"}
            name={question.id}
            checked={chosen.includes(value)}
            onChange={() => toggle(value)}
          />
          {label}
        </label>
      ))}
    </div>
  );
}

function NumberField({ question, answer, onAnswer }: FieldProps) {
  const [draft, setDraft] = useDraft(answer);
  return (
    <NumberInput
      size="xs"
      aria-label={question.text}
      value={typeof draft === "number" ? draft : ""}
      suffix={question.unit ? ` ${question.unit}` : ""}
      {...(typeof question.min === "number" ? { min: question.min } : {})}
      {...(typeof question.max === "number" ? { max: question.max } : {})}
      onChange={(value) => setDraft(typeof value === "number" ? value : null)}
      onBlur={() => draft !== answer && onAnswer(draft)}
    />
  );
}

function TextField({ question, answer, onAnswer }: FieldProps) {
  const [draft, setDraft] = useDraft(answer);
  return (
    <Textarea
      size="xs"
      aria-label={question.text}
      autosize
      minRows={1}
      maxRows={5}
      value={typeof draft === "string" ? draft : ""}
      onChange={(event) => setDraft(event.currentTarget.value || null)}
      onBlur={() => draft !== answer && onAnswer(draft)}
    />
  );
}

/** What is being typed, until it becomes an answer; undo and reload bring the answer back. */
function useDraft(answer: Answer | null) {
  const [seen, setSeen] = useState(answer);
  const [draft, setDraft] = useState(answer);
  if (seen !== answer) {
    setSeen(answer);
    setDraft(answer);
  }
  return [draft, setDraft] as const;
}
