import type { TablerIcon } from "@tabler/icons-react";
import type { ReactNode } from "react";

import classes from "./surfaces.module.css";

interface EmptyPlaceProps {
  readonly icon: TablerIcon;
  readonly title: string;
  readonly children: ReactNode;
  readonly action?: ReactNode;
  /** Nothing else is on the page, so its title is the page's. */
  readonly isPage?: boolean;
}

/** A place with nothing in it yet, which says how something comes in. */
export function EmptyPlace({
  icon: Icon,
  title,
  children,
  action,
  isPage = false,
}: EmptyPlaceProps) {
  return (
    <div className={classes["empty"]}>
      <Icon size={34} stroke={1.3} color="var(--limn-dim)" aria-hidden />
      {isPage ? <h1>{title}</h1> : <h2>{title}</h2>}
      <div className={classes["emptyWords"]}>{children}</div>
      {action}
    </div>
  );
}
