import { Button, Progress } from "@mantine/core";
import { IconPlayerStop, IconSchool } from "@tabler/icons-react";

import { useLiveTopics } from "@/api/live";
import { may } from "@/api/project-permissions";
import { useChangeJob } from "@/api/requests/change-job";
import { type StateCounts, useProjectCounts } from "@/api/requests/project-counts";
import { useTrain } from "@/api/requests/train";
import { sentenceOf } from "@/api/sentence";
import type { Project, TrainingRun } from "@/api/types";
import { ErrorNotice } from "@/components/error-notice";
import { TrainingCurve } from "@/components/lazy-charts";
import surfaces from "@/components/surfaces.module.css";
import { formatAgo, formatDice, plural } from "@/lib/format";
import { nameOfJob, sentenceOfJob } from "@/lib/job-words";

import classes from "./models.module.css";

interface TrainPanelProps {
  readonly project: Project;
  readonly runs: readonly TrainingRun[];
}

/** The training button, or the training that runs, with its curve. */
export function TrainPanel({ project, runs }: TrainPanelProps) {
  const latest = runs[0];
  const isRunning = latest !== undefined && isActive(latest);
  useLiveTopics(isRunning ? [`job:${latest.job.id}`] : []);
  return (
    <section className={surfaces["panel"]} aria-label="Training">
      {isRunning ? <Running run={latest} /> : <Start project={project} />}
      {latest && latest.curve.length > 1 && <TrainingCurve points={latest.curve} />}
      {latest && !isRunning && (
        <p className={surfaces["panelHint"]} style={{ margin: "8px 0 0" }}>
          Last training {formatAgo(latest.job.finished_at ?? latest.created_at)}:{" "}
          {sentenceOfJob(latest.job)}
        </p>
      )}
    </section>
  );
}

function Start({ project }: { readonly project: Project }) {
  const train = useTrain();
  const counts = useProjectCounts(project.id);
  const why = whyNot(project, counts);
  return (
    <>
      <div className={classes["row"]}>
        <p>{why ?? `Ready to learn from ${plural(usable(counts), "task", "tasks")}.`}</p>
        <Button
          leftSection={<IconSchool size={17} />}
          disabled={why !== null}
          loading={train.isPending}
          onClick={() => train.mutate(project.id)}
        >
          Train a version
        </Button>
      </div>
      {train.isError && <ErrorNotice message={sentenceOf(train.error)} />}
    </>
  );
}

function Running({ run }: { readonly run: TrainingRun }) {
  const change = useChangeJob();
  const best = Math.max(...run.curve.map((point) => point.dice ?? 0), 0);
  return (
    <>
      <div className={classes["row"]}>
        <p>
          <strong>{nameOfJob(run.job.kind)}.</strong> {told(run.job.message)}
          {best > 0 && ` Best Dice on validation patients so far: ${formatDice(best)}.`}
        </p>
        <Button
          variant="default"
          leftSection={<IconPlayerStop size={17} />}
          loading={change.isPending}
          onClick={() => change.mutate({ id: run.job.id, verb: "cancel" })}
        >
          Stop
        </Button>
      </div>
      <Progress
        value={run.job.progress * 100}
        size={4}
        my={12}
        color="model"
        aria-label="Progress of the training"
      />
    </>
  );
}

/** What the worker says, unless it only repeats the heading. */
function told(message: string): string {
  return /^training\.?$/i.test(message) ? "" : message;
}

function isActive(run: TrainingRun): boolean {
  return ["queued", "sent", "running"].includes(run.state);
}

/** Why training is not offered, or null when it is. */
function whyNot(project: Project, counts: StateCounts | null): string | null {
  if (!may(project, "train")) return "Your role does not train models.";
  if (counts && usable(counts) < 2) {
    return "Training needs submitted tasks of at least two patients: one to learn from, one to be measured on.";
  }
  return null;
}

function usable(counts: StateCounts | null): number {
  return (counts?.submitted ?? 0) + (counts?.in_review ?? 0) + (counts?.accepted ?? 0);
}
