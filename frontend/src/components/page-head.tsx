import type { ReactNode } from "react";

import classes from "./surfaces.module.css";

interface PageHeadProps {
  readonly title: string;
  /** Beside the title: a chip, a count. */
  readonly beside?: ReactNode;
  /** Actions at the right. */
  readonly children?: ReactNode;
}

/** The one heading of a page, and what can be done here. */
export function PageHead({ title, beside, children }: PageHeadProps) {
  return (
    <header className={classes["head"]}>
      <title>{`${title} · Limn`}</title>
      <h1 dir="auto">{title}</h1>
      {beside}
      {children && <div className={classes["actions"]}>{children}</div>}
    </header>
  );
}
