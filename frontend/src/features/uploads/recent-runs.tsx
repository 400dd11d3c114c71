import { Link } from "react-router";

import { useIngestRuns } from "@/api/requests/ingest-runs";
import type { IngestRun } from "@/api/types";
import surfaces from "@/components/surfaces.module.css";
import { formatAgo, formatCount } from "@/lib/format";
import { nameOfSource } from "@/lib/sources";

import classes from "./uploads.module.css";

/** Earlier uploads with their counts. */
export function RecentRuns() {
  const runs = useIngestRuns();
  if (!runs.data || runs.data.length === 0) return null;
  return (
    <section className={classes["recent"]} aria-labelledby="recent-uploads">
      <h2 id="recent-uploads" className={surfaces["panelTitle"]}>
        Earlier uploads
      </h2>
      <ul>
        {runs.data.slice(0, 20).map((run) => (
          <li key={run.id}>
            <Link to={`/uploads/${run.id}`}>{run.label || nameOfSource(run.source)}</Link>
            <span>{countsOf(run)}</span>
            <time dateTime={run.created_at}>{formatAgo(run.created_at)}</time>
          </li>
        ))}
      </ul>
    </section>
  );
}

const words = [
  ["stored", "stored"],
  ["converted", "converted"],
  ["kept", "kept"],
  ["duplicate", "duplicate"],
  ["quarantined", "in quarantine"],
  ["rejected", "rejected"],
  ["waiting", "waiting"],
] as const;

/** What is not nothing: "12 stored · 1 rejected". */
function countsOf({ counts, undone_at }: IngestRun): string {
  const used = words.filter(([outcome]) => counts[outcome] > 0);
  const said = used.map(([outcome, word]) => `${formatCount(counts[outcome])} ${word}`);
  return [...said, ...(undone_at ? ["undone"] : [])].join(" · ") || "nothing came";
}
