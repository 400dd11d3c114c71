import { Button, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { type FormEvent, useEffect, useState } from "react";
import { useNavigate } from "react-router";

import { may } from "@/api/project-permissions";
import { useProject } from "@/api/requests/project";
import { useReviewTask } from "@/api/requests/review-task";
import { useTakeNextReview } from "@/api/requests/take-next-review";
import { sentenceOf } from "@/api/sentence";
import type { Verdict } from "@/api/types";
import { KeyHint } from "@/components/key-hint";
import { formatAgo, formatDice } from "@/lib/format";
import { meanAgreement } from "@/lib/task-words";

import type { OpenedTask } from "./open-station";
import classes from "./review.module.css";
import { keyName } from "./use-keys";

/** Controls that take Enter for themselves. */
const notHere = "button, a, input, [role='slider'], [role='dialog'], [role='menu']";

interface ReviewBarProps {
  readonly opened: OpenedTask;
  /** Open the task anew, now to work on it. */
  readonly onReopen: () => void;
}

/** A task that one looks at without working on it: for reviewers, with the three verdicts. */
export function ReviewBar({ opened, onReopen }: ReviewBarProps) {
  const { task, project } = opened.open;
  const found = useProject(project.id);
  const isWaiting = task.state === "submitted" || task.state === "in_review";
  if (isWaiting && found.data && may(found.data, "review")) {
    return <Verdicts opened={opened} onReopen={onReopen} />;
  }
  return (
    <div className={classes["bar"]}>You are looking at this task; it is not open for work.</div>
  );
}

function Verdicts({ opened, onReopen }: ReviewBarProps) {
  const { task } = opened.open;
  const [remark, setRemark] = useState<string | null>(null);
  const { give, isBusy, problem } = useVerdict(opened, onReopen);
  const slice = (opened.station.workbench.picture.get()?.index ?? 0) + 1;
  const isAsking = remark !== null;
  useVerdictKeys(isAsking || isBusy, {
    accept: () => give("accept"),
    fix: () => give("fix"),
    return: () => setRemark(`Slice ${slice}: `),
  });
  function giveBack(event: FormEvent) {
    event.preventDefault();
    if (remark?.trim()) give("return", remark.trim());
  }
  return (
    <section className={classes["bar"]} aria-label="Review">
      <span className={classes["facts"]}>
        <h2>Review</h2> Submitted by <bdi>{task.assignee?.name ?? "somebody"}</bdi>{" "}
        {formatAgo(task.submitted_at)}
        {task.agreement && (
          <span title="Mean Dice of the proposal against what was submitted">
            {" "}
            · agrees with the proposal {formatDice(meanAgreement(task.agreement))}
          </span>
        )}
        {opened.station.proposals && <KeyHint label=" · proposal on and off" keys="G" />}
      </span>
      {isAsking ? (
        <form className={classes["remark"]} onSubmit={giveBack}>
          <TextInput
            size="xs"
            data-autofocus
            autoFocus
            aria-label="What should be changed"
            value={remark}
            maxLength={1000}
            onChange={(event) => setRemark(event.currentTarget.value)}
          />
          <Button size="compact-sm" type="submit" loading={isBusy} disabled={!remark.trim()}>
            Return it
          </Button>
          <Button size="compact-sm" variant="default" onClick={() => setRemark(null)}>
            Not now
          </Button>
        </form>
      ) : (
        <VerdictButtons
          isBusy={isBusy}
          onGive={give}
          onReturn={() => setRemark(`Slice ${slice}: `)}
        />
      )}
      {problem && (
        <span role="alert" className={classes["problem"]}>
          {problem}
        </span>
      )}
    </section>
  );
}

interface VerdictButtonsProps {
  readonly isBusy: boolean;
  readonly onGive: (verdict: Verdict) => void;
  readonly onReturn: () => void;
}

function VerdictButtons({ isBusy, onGive, onReturn }: VerdictButtonsProps) {
  return (
    <div className={classes["verdicts"]}>
      <Button size="compact-sm" loading={isBusy} onClick={() => onGive("accept")}>
        Accept <kbd>⏎</kbd>
      </Button>
      <Button size="compact-sm" variant="default" onClick={() => onGive("fix")}>
        Correct it myself <kbd>⇧F</kbd>
      </Button>
      <Button size="compact-sm" variant="default" onClick={onReturn}>
        Return… <kbd>⇧⏎</kbd>
      </Button>
    </div>
  );
}

/** Give a verdict and go on: to the next review, or to work on this one. */
function useVerdict({ open }: OpenedTask, onReopen: () => void) {
  const review = useReviewTask();
  const next = useTakeNextReview();
  const navigate = useNavigate();
  const { task, project } = open;
  function goOn() {
    next.mutate(project.id, {
      onSuccess: ({ task_open, reason }) => {
        if (!task_open) notifications.show({ message: reason ?? "Nothing else waits for you." });
        void navigate(task_open ? `/work/${task_open.task.id}` : "/work");
      },
      onError: () => void navigate("/work"),
    });
  }
  function give(verdict: Verdict, reason = "") {
    const said = { id: task.id, projectId: project.id, verdict, reason };
    review.mutate(said, { onSuccess: verdict === "fix" ? onReopen : goOn });
  }
  return {
    give,
    isBusy: review.isPending || next.isPending,
    problem: review.error ? sentenceOf(review.error) : null,
  };
}

interface VerdictActions {
  readonly accept: () => void;
  readonly fix: () => void;
  readonly return: () => void;
}

function useVerdictKeys(isOff: boolean, actions: VerdictActions): void {
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent) {
      const isControl = event.target instanceof Element && event.target.closest(notHere);
      const action = { Enter: "accept", "Shift+F": "fix", "Shift+Enter": "return" } as const;
      const chosen = action[keyName(event) as keyof typeof action];
      if (isOff || isControl || chosen === undefined) return;
      event.preventDefault();
      actions[chosen]();
    }
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  });
}
