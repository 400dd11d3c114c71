import type { Release } from "@/api/types";
import surfaces from "@/components/surfaces.module.css";
import { formatCount, formatMoment, plural } from "@/lib/format";

import classes from "./releases.module.css";

const parts = ["train", "validation", "test"] as const;

const names: Readonly<Record<(typeof parts)[number], string>> = {
  train: "Training",
  validation: "Validation",
  test: "Test",
};

/** How many, by whom, when, and the sum that proves it is unchanged. */
export function ReleaseFacts({ release }: { readonly release: Release }) {
  return (
    <section className={surfaces["panel"]} aria-label="What it holds">
      <h2>What it holds</h2>
      <p className={classes["big"]}>
        {plural(release.patient_count, "patient", "patients")},{" "}
        {plural(release.item_count, "case", "cases")}
      </p>
      <table className={classes["table"]}>
        <thead>
          <tr>
            <th>Part</th>
            <th>Patients</th>
            <th>Cases</th>
          </tr>
        </thead>
        <tbody>
          {parts.map((part) => (
            <tr key={part}>
              <td>{names[part]}</td>
              <td>{formatCount(release.splits[part]?.["patients"] ?? 0)}</td>
              <td>{formatCount(release.splits[part]?.["items"] ?? 0)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <dl className={surfaces["facts"]}>
        <dt>Frozen</dt>
        <dd>
          {formatMoment(release.created_at)}
          {release.created_by && ` by ${release.created_by.name}`}
        </dd>
        <dt>Work taken</dt>
        <dd>{release.work}</dd>
        <dt>Labelled by</dt>
        <dd>
          <bdi>{release.labelled_by.map((person) => person.name).join(", ") || "–"}</bdi>
        </dd>
        <dt>Checksum</dt>
        <dd>
          <code className={classes["hash"]}>SHA-256 {release.checksum}</code>
        </dd>
      </dl>
    </section>
  );
}
