import { useRivalComparison } from "@/api/requests/quarantine";
import { sentenceOf } from "@/api/sentence";
import type { Id } from "@/api/types";

import classes from "./quarantine.module.css";

/** How a file differs from the stored one that carries the same identifier: in words, then one by one. */
export function RivalDifferences({ fileId }: { readonly fileId: Id }) {
  const { data, error } = useRivalComparison(fileId);
  return (
    <section className={classes["differences"]} aria-label="Differences from the stored file">
      <p aria-live="polite">{error ? sentenceOf(error) : (data?.sentence ?? "Comparing …")}</p>
      {data && data.differences.length > 0 && (
        <dl tabIndex={0} aria-label="Attributes that differ">
          {data.differences.map(({ tag, name, stored, sent }) => (
            <div key={tag}>
              <dt>{name || `(${tag.slice(0, 4)},${tag.slice(4)})`}</dt>
              <dd>
                <span className={classes["hidden"]}>stored: </span>
                <bdi>{stored || "–"}</bdi> → <span className={classes["hidden"]}>this one: </span>
                <bdi>{sent || "–"}</bdi>
              </dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}
