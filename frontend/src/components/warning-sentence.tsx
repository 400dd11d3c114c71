import { IconAlertTriangle } from "@tabler/icons-react";

import classes from "./surfaces.module.css";

/** Something to know before trusting a picture, as a sentence. */
export function WarningSentence({ children }: { readonly children: string }) {
  return (
    <p className={classes["warning"]}>
      <IconAlertTriangle size={16} stroke={1.8} aria-hidden />
      <span>{children}</span>
    </p>
  );
}
