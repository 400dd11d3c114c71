import { Button } from "@mantine/core";
import type { OpenedTask } from "./open-station";
import { ReviewBar } from "./review-bar";
import classes from "./station.module.css";
import { ConflictBar } from "./station-dialogs";
import type { useConflict } from "./use-conflict";
import { useStore } from "./use-store";
import type { RuleProblem } from "./wire";

interface TopBannersProps {
  readonly opened: OpenedTask;
  readonly problems: readonly RuleProblem[];
  readonly onDismiss: () => void;
  readonly conflict: ReturnType<typeof useConflict>;
  readonly onReopen: () => void;
}

/** What must be known before going on: rules unmet, conflict, lost lock, warnings of the series. */
export function TopBanners({ opened, problems, onDismiss, conflict, onReopen }: TopBannersProps) {
  const { station, open } = opened;
  const status = useStore(station.sync.status);
  const { view } = station;
  const reason = view.grid.is_regular ? null : view.grid.reason;
  const warnings = [...new Set([...(reason ? [reason] : []), ...view.warnings])];
  return (
    <>
      {status.kind === "conflict" && (
        <div className={classes["banner"]} role="alert">
          <ConflictBar
            isShowingTheirs={conflict.isShowingTheirs}
            onShow={conflict.show}
            onKeepMine={conflict.keepMine}
            onTakeTheirs={conflict.takeTheirs}
          />
        </div>
      )}
      {status.kind === "lock-lost" && (
        <div className={classes["banner"]} role="alert">
          {status.holderName} has this task now. You can look, not change.
          {station.sync.unsentOperations > 0 && " Your unsaved edits are kept on this computer."}
          <Button size="compact-sm" variant="default" onClick={onReopen}>
            Open it here again
          </Button>
        </div>
      )}
      {open.lock === null && <ReviewBar opened={opened} onReopen={onReopen} />}
      {problems.length > 0 && (
        <div className={classes["banner"]} data-kind="problem" role="alert">
          <ul>
            {problems.map((problem) => (
              <li key={problem.message}>{problem.message}</li>
            ))}
          </ul>
          <Button size="compact-sm" variant="subtle" color="gray" ml="auto" onClick={onDismiss}>
            Close
          </Button>
        </div>
      )}
      {warnings.length > 0 && <div className={classes["banner"]}>{warnings.join(" ")}</div>}
    </>
  );
}
