import type { Progress } from "@/api/types";
import { ChartFrame } from "@/components/chart-frame";
import { formatCount, formatDuration } from "@/lib/format";

import classes from "./progress.module.css";

/** Hands-on time, not wall time. */
export function TimeTable({ time }: { readonly time: Progress["time_per_task"] }) {
  return (
    <ChartFrame
      question="How long does a task take?"
      hint={hintOf(time)}
      fileName="time-per-task"
      table={{
        columns: ["person", "tasks", "median_seconds"],
        rows: time.per_user.map((row) => [row.user, row.n, row.median_s]),
      }}
    >
      {time.per_user.length === 0 ? (
        <p className={classes["quiet"]}>
          Times appear with the first task that is submitted from the station.
        </p>
      ) : (
        <table className={classes["table"]}>
          <thead>
            <tr>
              <th>Person</th>
              <th>Tasks</th>
              <th>Median</th>
            </tr>
          </thead>
          <tbody>
            {time.per_user.map((row) => (
              <tr key={row.user}>
                <td>
                  <bdi>{row.user}</bdi>
                </td>
                <td>{formatCount(row.n)}</td>
                <td>{formatDuration(row.median_s)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </ChartFrame>
  );
}

function hintOf({ median_s, p90_s }: Progress["time_per_task"]): string {
  const measure = "Active time with hands on the task.";
  if (median_s === null) return measure;
  return `${measure} Median ${formatDuration(median_s)}; nine of ten within ${formatDuration(p90_s)}.`;
}
