import { Button } from "@mantine/core";

import type { Decision } from "@/api/requests/quarantine";
import { KeyHint } from "@/components/key-hint";
import { usePageKeys } from "@/lib/page-keys";

import classes from "./quarantine.module.css";
import { type Decisions, graceMs } from "./use-decisions";

const words: Readonly<Record<Decision["decision"], string>> = {
  redact: "is being redacted",
  release: "is being released as it is",
  keep_both: "is being stored beside the other",
  discard: "is being discarded for good",
};

interface UndoBarProps {
  readonly decisions: Decisions;
  readonly onUndone: (id: string) => void;
}

/** What was just decided, as long as it can be taken back. */
export function UndoBar({ decisions, onUndone }: UndoBarProps) {
  const last = decisions.open.at(-1);
  function undo() {
    const id = decisions.undo();
    if (id) onUndone(id);
  }
  usePageKeys({ z: undo });
  return (
    <div className={classes["undo"]} role="status">
      {last && (
        <>
          <span key={last.file.id} className={classes["grace"]}>
            <i style={{ animationDuration: `${graceMs}ms` }} />
          </span>
          <span>
            <bdi>{last.file.name}</bdi> {words[last.body.decision]}.
          </span>
          <Button size="compact-sm" variant="default" onClick={undo}>
            <KeyHint label="Undo" keys="Z" />
          </Button>
        </>
      )}
    </div>
  );
}
