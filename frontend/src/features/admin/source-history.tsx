import { useSourceRuns } from "@/api/requests/source-runs";
import type { Source } from "@/api/types";
import { formatMoment } from "@/lib/format";

import { resultOf } from "./source-words";
import classes from "./sources.module.css";

const shown = 8;

/** The latest looks at a source, newest first. */
export function SourceHistory({ source }: { readonly source: Source }) {
  const runs = useSourceRuns(source.id);
  if (!runs.data || runs.data.length === 0) return null;
  return (
    <section aria-labelledby="source-history">
      <h3 id="source-history" className={classes["historyTitle"]}>
        {source.settings.kind === "receiver" ? "Latest visits" : "Latest looks"}
      </h3>
      <ul className={classes["history"]}>
        {runs.data.slice(0, shown).map((run) => (
          <li key={run.id}>
            <time dateTime={run.created_at}>{formatMoment(run.created_at)}</time>
            <span>{resultOf(run)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
