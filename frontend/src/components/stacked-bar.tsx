import { formatCount } from "@/lib/format";
import { nameOfState, taskStates } from "@/lib/task-words";

import classes from "./stacked-bar.module.css";

interface StackedBarProps {
  readonly counts: Readonly<Record<string, number | undefined>>;
  readonly withLegend?: boolean;
}

/** A project's tasks by state, as one bar. */
export function StackedBar({ counts, withLegend = false }: StackedBarProps) {
  const parts = [...taskStates]
    .reverse()
    .map((state) => ({ state, count: counts[state] ?? 0 }))
    .filter((part) => part.count > 0);
  const total = parts.reduce((sum, part) => sum + part.count, 0);
  const words = parts.map((part) => `${nameOfState(part.state)} ${part.count}`).join(", ");
  return (
    <div style={withLegend ? { minHeight: 37 } : undefined}>
      <div className={classes["bar"]} role="img" aria-label={words || "No tasks yet"}>
        {parts.map((part) => (
          <span
            key={part.state}
            data-state={part.state}
            title={`${nameOfState(part.state)}: ${formatCount(part.count)}`}
            style={{ width: `${(part.count / total) * 100}%` }}
          />
        ))}
      </div>
      {withLegend && (
        <ul className={classes["legend"]}>
          {parts.map((part) => (
            <li key={part.state} data-state={part.state}>
              <i aria-hidden="true" data-state={part.state} />
              {nameOfState(part.state)} <b>{formatCount(part.count)}</b>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
