import { VisuallyHidden } from "@mantine/core";

import type { Progress } from "@/api/types";
import { ChartFrame } from "@/components/chart-frame";
import { formatCount, formatDice } from "@/lib/format";

import classes from "./progress.module.css";

/** How much of a proposal the expert left as it was, segment by segment. */
export function AgreementTable({ agreement }: Pick<Progress, "agreement">) {
  return (
    <ChartFrame
      question="How often is the model right?"
      hint="Mean Dice of the proposal against what was submitted; 1 means nothing had to be changed."
      fileName="agreement"
      table={{
        columns: ["segment", "tasks", "dice_mean"],
        rows: agreement.map((row) => [row.name, row.n, row.dice_mean]),
      }}
    >
      {agreement.length === 0 ? (
        <p className={classes["quiet"]}>
          Agreement appears once a proposal was corrected and submitted.
        </p>
      ) : (
        <table className={classes["table"]}>
          <thead>
            <tr>
              <th>Segment</th>
              <th>
                <VisuallyHidden>Dice as a bar</VisuallyHidden>
              </th>
              <th>Dice</th>
              <th>Tasks</th>
            </tr>
          </thead>
          <tbody>
            {agreement.map((row) => (
              <tr key={row.segment_id}>
                <td>
                  <bdi>{row.name}</bdi>
                </td>
                <td className={classes["meter"]}>
                  <span className={classes["track"]}>
                    <i style={{ width: `${(row.dice_mean ?? 0) * 100}%` }} />
                  </span>
                </td>
                <td>{formatDice(row.dice_mean)}</td>
                <td>{formatCount(row.n)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </ChartFrame>
  );
}
