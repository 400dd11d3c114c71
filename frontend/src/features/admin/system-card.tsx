import type { ReactNode } from "react";

import surfaces from "@/components/surfaces.module.css";

import classes from "./admin.module.css";

interface SystemCardProps {
  readonly title: string;
  readonly chip?: ReactNode;
  readonly facts: readonly (readonly [string, string])[];
}

/** One part of the system: its state, and what is known of it. */
export function SystemCard({ title, chip, facts }: SystemCardProps) {
  return (
    <section className={surfaces["panel"]} aria-label={title}>
      <header className={classes["partHead"]}>
        <h2>{title}</h2>
        {chip}
      </header>
      <dl className={surfaces["facts"]}>
        {facts.map(([label, text]) => (
          <div key={label} style={{ display: "contents" }}>
            <dt>{label}</dt>
            <dd>{text || "–"}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
