import type { ReactNode } from "react";

import type { ModelVersion } from "@/api/types";
import { Chip } from "@/components/chip";
import surfaces from "@/components/surfaces.module.css";
import { formatDice, formatMoment, plural } from "@/lib/format";

import { MetricsTable } from "./metrics-table";
import { nameOfFamily, shortHash, titleOf, toneOfStatus } from "./model-words";
import classes from "./models.module.css";

interface VersionCardProps {
  readonly version: ModelVersion;
  readonly actions?: ReactNode;
}

/** One model version: what it does, how good it is, where it comes from. */
export function VersionCard({ version, actions }: VersionCardProps) {
  const heldOut = version.metrics?.n_patients_held_out;
  return (
    <article className={surfaces["panel"]} aria-label={titleOf(version)}>
      <header className={classes["cardHead"]}>
        <h2>{titleOf(version)}</h2>
        <Chip tone={toneOfStatus(version.status)}>{version.status}</Chip>
        <span className={classes["cardActions"]}>{actions}</span>
      </header>
      <p className={surfaces["panelHint"]}>{nameOfFamily(version.family)}</p>
      {version.message && <p className={classes["message"]}>{version.message}</p>}
      {typeof version.metrics?.mean_dice === "number" && (
        <p className={classes["score"]}>
          <b>{formatDice(version.metrics.mean_dice)}</b> mean Dice
          {heldOut ? ` on ${plural(heldOut, "held-out patient", "held-out patients")}` : ""}
        </p>
      )}
      <MetricsTable version={version} />
      <dl className={surfaces["facts"]}>
        <dt>Made</dt>
        <dd>{formatMoment(version.created_at)}</dd>
        <dt>Weights</dt>
        <dd title={version.weights_sha256 ?? ""}>{shortHash(version.weights_sha256)}</dd>
      </dl>
    </article>
  );
}
