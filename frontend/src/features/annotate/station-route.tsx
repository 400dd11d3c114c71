import { Button, Group } from "@mantine/core";
import { lazy, Suspense } from "react";
import { Link, useParams } from "react-router";

import { ErrorNotice } from "@/components/error-notice";

import classes from "./station.module.css";
import type { OpenElsewhere } from "./task-claim";
import { useTask } from "./use-task";

const StationPage = lazy(async () => ({
  default: (await import("./station-page")).StationPage,
}));

/** The annotation station of one task. */
export function StationRoute() {
  const { taskId = "" } = useParams();
  return <StationOf key={taskId} taskId={taskId} />;
}

function StationOf({ taskId }: { readonly taskId: string }) {
  const { state, retry } = useTask(taskId);
  switch (state.kind) {
    case "opening":
      return <Opening />;
    case "open":
      return (
        <Suspense fallback={<Opening />}>
          <StationPage
            key={state.opened.open.document.id}
            opened={state.opened}
            onReopen={() => retry(false)}
          />
        </Suspense>
      );
    case "elsewhere":
      return <Elsewhere by={state.by} onTakeOver={() => retry(true)} />;
    case "failed":
      return (
        <main className={classes["message"]}>
          <h1>This task cannot be opened</h1>
          <ErrorNotice message={state.sentence} />
          <Group justify="center">
            <Button onClick={() => retry(false)}>Try again</Button>
            <Button component={Link} to="/work" variant="default">
              Back to my work
            </Button>
          </Group>
        </main>
      );
  }
}

/** The places of things before the things are there. */
function Opening() {
  return (
    <main className={classes["wait"]} aria-busy aria-label="Opening the task">
      <i />
    </main>
  );
}

interface ElsewhereProps {
  readonly by: OpenElsewhere;
  readonly onTakeOver: () => void;
}

/** A task is in one pair of hands at a time. */
function Elsewhere({ by, onTakeOver }: ElsewhereProps) {
  const who = by.isSamePerson ? "You have" : `${by.holderName} has`;
  const where = by.isSamePerson ? "in another tab or on another computer" : "right now";
  return (
    <main className={classes["message"]}>
      <h1>
        {who} this task open {where}
      </h1>
      <p>
        Take it over to work here. The other place becomes read only; what was not saved there is
        kept there.
      </p>
      <Group justify="center">
        <Button onClick={onTakeOver}>Take over</Button>
        <Button component={Link} to="/work" variant="default">
          Back to my work
        </Button>
      </Group>
    </main>
  );
}
