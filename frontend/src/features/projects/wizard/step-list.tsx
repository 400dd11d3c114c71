import { plural } from "@/lib/format";

import { type Draft, stepProblems, steps } from "./draft";
import classes from "./wizard.module.css";

interface StepListProps {
  readonly draft: Draft;
  readonly step: number;
  readonly onGo: (step: number) => void;
}

/** Where one is, and what was chosen so far. */
export function StepList({ draft, step, onGo }: StepListProps) {
  return (
    <ol className={classes["steps"]}>
      {steps.map((name, index) => (
        <li key={name}>
          <button
            type="button"
            aria-current={index === step ? "step" : undefined}
            disabled={index > step && !mayPass(draft, index)}
            onClick={() => onGo(index)}
          >
            <span>{name}</span>
            <small dir="auto">{summary(draft, index)}</small>
          </button>
        </li>
      ))}
    </ol>
  );
}

/** A later step opens when the name and labels before it are whole. */
function mayPass(draft: Draft, index: number): boolean {
  const needed = [0, 1].filter((one) => one < index);
  return needed.every((one) => stepProblems(draft, one).length === 0);
}

function summary(draft: Draft, index: number): string {
  switch (index) {
    case 0:
      return draft.name.trim() || "and instructions";
    case 1: {
      const { segments, shapes, questions } = draft.schema;
      const parts = [
        segments.length > 0 && plural(segments.length, "segment", "segments"),
        shapes.length > 0 && plural(shapes.length, "shape", "shapes"),
        questions.length > 0 && plural(questions.length, "question", "questions"),
      ].filter(Boolean);
      return parts.join(", ") || "what to draw and answer";
    }
    case 2:
      return draft.studyIds.length > 0
        ? plural(draft.studyIds.length, "study", "studies")
        : "which images";
    default:
      return draft.people.length > 0
        ? plural(draft.people.length + 1, "person", "people")
        : "who does what";
  }
}
