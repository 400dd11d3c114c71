import type { ModelVersion } from "@/api/types";
import { formatDice } from "@/lib/format";

import classes from "./models.module.css";

/** Dice on held-out patients, segment by segment, with its interval. */
export function MetricsTable({ version }: { readonly version: ModelVersion }) {
  const perSegment = version.metrics?.per_segment ?? {};
  const rows = version.segments.flatMap((segment) => {
    const metric = perSegment[String(segment.id)];
    return metric ? [{ segment, metric }] : [];
  });
  if (rows.length === 0) return null;
  return (
    <table className={classes["metrics"]}>
      <thead>
        <tr>
          <th>Segment</th>
          <th>Dice</th>
          <th>95 % interval</th>
          <th title="Held-out patients the segment was measured on">Patients</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ segment, metric }) => (
          <tr key={segment.id}>
            <td>
              <bdi>{segment.name}</bdi>
            </td>
            <td>{formatDice(metric.dice_mean)}</td>
            <td>
              {formatDice(metric.dice_low)}–{formatDice(metric.dice_high)}
            </td>
            <td>{metric.n}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
