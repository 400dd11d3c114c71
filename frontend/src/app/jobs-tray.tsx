import { Button, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconActivity, IconCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";

import { useLiveTopics, usePollInterval } from "@/api/live";
import { useChangeJob } from "@/api/requests/change-job";
import { jobsQuery } from "@/api/requests/jobs";
import type { Job } from "@/api/types";
import { formatAgo, plural } from "@/lib/format";
import { nameOfJob, sentenceOfJob } from "@/lib/job-words";

import classes from "./shell.module.css";

const shown = 12;
const idleWords = "No jobs running";

/** What the machines are doing, at the bottom right. */
export function JobsTray() {
  const [opened, { toggle }] = useDisclosure(false);
  const jobs = useWatchedJobs();
  const active = jobs.filter(isActive);
  if (jobs.length === 0) return null;
  return (
    <aside className={classes["tray"]} aria-label="Background jobs">
      {opened && (
        <div className={classes["trayPanel"]}>
          {jobs.slice(0, shown).map((job) => (
            <JobRow key={job.id} job={job} />
          ))}
        </div>
      )}
      <button
        type="button"
        className={classes["trayButton"]}
        data-busy={active.length > 0}
        aria-expanded={opened}
        title={active.length > 0 ? undefined : idleWords}
        onClick={toggle}
      >
        {active.length > 0 ? (
          <IconActivity size={16} aria-hidden />
        ) : (
          <IconCheck size={16} aria-hidden />
        )}
        <span>{active.length > 0 ? busyWords(active) : idleWords}</span>
      </button>
    </aside>
  );
}

function useWatchedJobs(): readonly Job[] {
  const poll = usePollInterval(3_000);
  const jobs = useQuery({ ...jobsQuery(), refetchInterval: poll }).data ?? [];
  useLiveTopics(jobs.filter(isActive).map((job) => `job:${job.id}`));
  return jobs;
}

function JobRow({ job }: { readonly job: Job }) {
  const change = useChangeJob();
  const verb = isActive(job) ? "cancel" : "retry";
  const canChange = isActive(job) || job.state === "failed" || job.state === "lost";
  return (
    <div className={classes["job"]}>
      <div className={classes["jobHead"]}>
        <Text size="sm" fw={500}>
          {nameOfJob(job.kind)}
        </Text>
        {canChange ? (
          <Button
            size="compact-xs"
            variant="subtle"
            color="gray"
            loading={change.isPending}
            onClick={() => change.mutate({ id: job.id, verb })}
          >
            {verb === "cancel" ? "Stop" : "Try again"}
          </Button>
        ) : (
          <Text size="xs" c="dimmed">
            {formatAgo(job.finished_at)}
          </Text>
        )}
      </div>
      <Text size="xs" c={job.state === "failed" ? "var(--limn-bad)" : "dimmed"}>
        {sentenceOfJob(job)}
      </Text>
      {isActive(job) && (
        <div
          className={classes["jobBar"]}
          role="progressbar"
          aria-label={nameOfJob(job.kind)}
          aria-valuenow={Math.round(job.progress * 100)}
          aria-valuemin={0}
          aria-valuemax={100}
        >
          <div style={{ width: `${Math.max(2, job.progress * 100)}%` }} />
        </div>
      )}
    </div>
  );
}

function busyWords(active: readonly Job[]): string {
  const first = active[0];
  if (!first || active.length > 1) return plural(active.length, "job running", "jobs running");
  return `${nameOfJob(first.kind)} · ${Math.round(first.progress * 100)} %`;
}

function isActive(job: Job): boolean {
  return job.state === "queued" || job.state === "sent" || job.state === "running";
}
