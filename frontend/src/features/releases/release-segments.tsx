import type { Release } from "@/api/types";
import surfaces from "@/components/surfaces.module.css";
import { formatCount, formatDice, formatNumber } from "@/lib/format";

import classes from "./releases.module.css";

/** What was drawn, how often and how much, and how near a model's proposal was. */
export function ReleaseSegments({ release }: { readonly release: Release }) {
  return (
    <section className={surfaces["panel"]} aria-label="Segments">
      <h2>Segments</h2>
      <p className={surfaces["panelHint"]}>
        Volumes are summed over the series that form a regular volume. Agreement is the mean Dice of
        a model's proposal with what was released.
      </p>
      <table className={classes["table"]}>
        <thead>
          <tr>
            <th>Segment</th>
            <th>Cases</th>
            <th>Volume</th>
            <th>Agreement</th>
          </tr>
        </thead>
        <tbody>
          {release.segments.map((segment) => (
            <tr key={segment.id}>
              <td>
                <bdi>{segment.name}</bdi>
              </td>
              <td>{formatCount(segment.count)}</td>
              <td>{segment.ml === null ? "–" : `${formatNumber(segment.ml, 1)} ml`}</td>
              <td>{formatDice(release.agreement[String(segment.id)])}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
