import type { ReactNode } from "react";

import type { Tone } from "@/lib/tone";

import classes from "./chip.module.css";

/** A word with a tone; the word alone says it, the colour only helps. */
export function Chip({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  return (
    <span className={classes["chip"]} data-tone={tone}>
      {children}
    </span>
  );
}
