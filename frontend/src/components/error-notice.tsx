import { Button } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";

import classes from "./surfaces.module.css";

interface ErrorNoticeProps {
  readonly message: string;
  readonly onRetry?: () => void;
}

/** What went wrong, in a sentence, and what can be done. */
export function ErrorNotice({ message, onRetry }: ErrorNoticeProps) {
  return (
    <div className={classes["notice"]} role="alert">
      <IconAlertTriangle size={18} stroke={1.8} color="var(--limn-bad)" aria-hidden />
      <p>{message}</p>
      {onRetry && (
        <Button size="compact-sm" variant="default" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}
