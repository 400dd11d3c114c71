import { Select } from "@mantine/core";
import { useState } from "react";

import type { ModelVersion, SegmentMetric } from "@/api/types";
import { ChartFrame } from "@/components/chart-frame";
import { formatDice, formatNumber } from "@/lib/format";

import { type ComparedSegment, compared } from "./compared";
import { IntervalRows } from "./interval-rows";
import { titleOf } from "./model-words";
import classes from "./models.module.css";

/** Two versions side by side, segment by segment, with their intervals. */
export function CompareVersions({ versions }: { readonly versions: readonly ModelVersion[] }) {
  const measured = versions.filter((version) => version.metrics?.per_segment);
  const [oneId, setOne] = useState<string | null>(null);
  const [otherId, setOther] = useState<string | null>(null);
  const one = measured.find((version) => version.id === oneId) ?? measured[0];
  const other = measured.find((version) => version.id === otherId) ?? measured[1];
  if (!one || !other) return null;
  const rows = compared(one, other);
  const choices = measured.map((version) => ({ value: version.id, label: titleOf(version) }));
  return (
    <ChartFrame
      question="Which version is better?"
      hint="Dice on held-out patients with its 95 % interval. Where intervals overlap widely, the difference may be chance."
      fileName="versions-compared"
      table={{ columns: tableColumns, rows: rows.map(tableRow) }}
    >
      <div className={classes["pair"]}>
        <Select
          size="xs"
          aria-label="First version"
          allowDeselect={false}
          data={choices}
          value={one.id}
          onChange={setOne}
        />
        <span>against</span>
        <Select
          size="xs"
          aria-label="Second version"
          allowDeselect={false}
          data={choices}
          value={other.id}
          onChange={setOther}
        />
      </div>
      <IntervalRows rows={rows} titles={[titleOf(one), titleOf(other)]} />
      <table className={classes["metrics"]}>
        <thead>
          <tr>
            <th>Segment</th>
            <th>{titleOf(one)}</th>
            <th>{titleOf(other)}</th>
            <th>Difference</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <td>
                <bdi>{row.name}</bdi>
              </td>
              <td>{written(row.one)}</td>
              <td>{written(row.other)}</td>
              <td>{difference(row)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ChartFrame>
  );
}

const tableColumns = ["segment", "dice_1", "low_1", "high_1", "dice_2", "low_2", "high_2"];

function tableRow({ name, one, other }: ComparedSegment) {
  return [name, ...cells(one), ...cells(other)];
}

function cells(metric: SegmentMetric | null) {
  return [metric?.dice_mean ?? null, metric?.dice_low ?? null, metric?.dice_high ?? null];
}

function written(metric: SegmentMetric | null): string {
  if (metric === null || metric.dice_mean === null) return "–";
  return `${formatDice(metric.dice_mean)} (${formatDice(metric.dice_low)}–${formatDice(metric.dice_high)})`;
}

function difference({ one, other }: ComparedSegment): string {
  if (typeof one?.dice_mean !== "number" || typeof other?.dice_mean !== "number") return "–";
  const by = one.dice_mean - other.dice_mean;
  return `${by < 0 ? "−" : "+"}${formatNumber(Math.abs(by), 2)}`;
}
