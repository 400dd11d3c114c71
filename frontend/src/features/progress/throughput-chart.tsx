import type { Progress } from "@/api/types";
import { ChartFrame } from "@/components/chart-frame";
import { StackedBars } from "@/components/lazy-charts";
import { formatShortDay } from "@/lib/format";
import { paletteColor } from "@/lib/palette";

import classes from "./progress.module.css";
import { stackByDay } from "./stack-by-day";

/** Submissions a day, by person. */
export function ThroughputChart({ throughput }: Pick<Progress, "throughput">) {
  const { people, days } = stackByDay(throughput);
  const series = people.map((key, index) => ({ key, color: paletteColor(index) }));
  const data = days.map((day) => ({ ...day.counts, day: formatShortDay(day.day) }));
  return (
    <ChartFrame
      question="How much is submitted each day?"
      hint="Tasks submitted, by person."
      fileName="throughput"
      table={{
        columns: ["day", "person", "submitted"],
        rows: throughput.map((row) => [row.day, row.user, row.count]),
      }}
    >
      {days.length === 0 ? (
        <p className={classes["quiet"]}>The first submitted task starts this chart.</p>
      ) : (
        <>
          <StackedBars data={data} x="day" series={series} />
          <ul className={classes["legend"]}>
            {series.map((one) => (
              <li key={one.key}>
                <i style={{ background: one.color }} aria-hidden="true" />
                <bdi>{one.key}</bdi>
              </li>
            ))}
          </ul>
        </>
      )}
    </ChartFrame>
  );
}
