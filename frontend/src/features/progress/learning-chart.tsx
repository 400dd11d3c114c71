import type { LearningPoint } from "@/api/types";
import { ChartFrame } from "@/components/chart-frame";
import { IntervalCurve } from "@/components/lazy-charts";
import { formatDice, plural } from "@/lib/format";

import classes from "./progress.module.css";

/** Dice on held-out patients against the number of patients learned from. */
export function LearningChart({ points }: { readonly points: readonly LearningPoint[] }) {
  const drawn = points.map((point) => ({
    x: point.patients,
    mean: point.dice_mean,
    interval: intervalOf(point),
  }));
  return (
    <ChartFrame
      question="Does more labelling still help?"
      hint={hintOf(points.at(-1))}
      fileName="learning-curve"
      table={{
        columns: ["version", "patients", "held_out", "dice_mean", "dice_low", "dice_high"],
        rows: points.map((point) => [
          point.version,
          point.patients,
          point.n_patients_held_out ?? null,
          point.dice_mean,
          point.dice_low,
          point.dice_high,
        ]),
      }}
    >
      {points.length === 0 ? (
        <p className={classes["quiet"]}>
          Each trained version adds a point. Submit a few tasks, then train in the Model tab.
        </p>
      ) : (
        <IntervalCurve points={drawn} baseline={points[0]?.dice_mean ?? null} />
      )}
    </ChartFrame>
  );
}

function intervalOf(point: LearningPoint): readonly [number, number] | null {
  if (point.dice_low === null || point.dice_high === null) return null;
  return [point.dice_low, point.dice_high];
}

function hintOf(last: LearningPoint | undefined): string {
  const axes =
    "Dice by number of patients learned from, with its 95 % interval; dashed, where the first version stood.";
  if (!last) return axes;
  const heldOut = last.n_patients_held_out
    ? ` on ${plural(last.n_patients_held_out, "patient", "patients")} never trained on`
    : "";
  return `${axes} Latest: ${formatDice(last.dice_mean)}${heldOut}.`;
}
