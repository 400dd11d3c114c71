import type { TagRef } from "@/api/types";

import classes from "./filters.module.css";

/** Tags as coloured chips; the word says it, the colour only helps. */
export function TagChips({ tags }: { readonly tags: readonly TagRef[] }) {
  if (tags.length === 0) return null;
  return (
    <span className={classes["tags"]}>
      {tags.map((tag) => (
        <span key={tag.id} className={classes["tag"]} title={tag.name}>
          <i style={{ background: tag.color }} />
          <bdi>{tag.name}</bdi>
        </span>
      ))}
    </span>
  );
}
