import { Link } from "react-router";

import type { Release } from "@/api/types";
import { Chip } from "@/components/chip";
import { formatMoment, plural } from "@/lib/format";

import classes from "./releases.module.css";

interface ReleaseListProps {
  readonly releases: readonly Release[];
  /** Names of projects, where the list spans several. */
  readonly projectNames?: ReadonlyMap<string, string>;
}

/** Releases as lines, newest first. */
export function ReleaseList({ releases, projectNames }: ReleaseListProps) {
  return (
    <ul className={classes["list"]}>
      {releases.map((release) => (
        <li key={release.id}>
          <Link to={`/releases/${release.id}`}>
            <span className={classes["listName"]}>
              <strong dir="auto">
                {release.number} · {release.name || "Release"}
              </strong>
              <bdi>{projectNames?.get(release.project_id)}</bdi>
            </span>
            <Chip tone={release.purpose === "training" ? "model" : "quiet"}>
              {release.purpose === "training" ? "made for training" : "data set"}
            </Chip>
            <span>{plural(release.patient_count, "patient", "patients")}</span>
            <span>{plural(release.item_count, "case", "cases")}</span>
            <code title={release.checksum}>{release.checksum.slice(0, 12)}</code>
            <time dateTime={release.created_at}>{formatMoment(release.created_at)}</time>
          </Link>
        </li>
      ))}
    </ul>
  );
}
