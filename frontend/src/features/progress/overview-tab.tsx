import { Skeleton } from "@mantine/core";

import { useProjectProgress } from "@/api/requests/project-progress";
import { sentenceOf } from "@/api/sentence";
import type { Progress, Project } from "@/api/types";
import { ErrorNotice } from "@/components/error-notice";

import { AgreementTable } from "./agreement-table";
import { LearningChart } from "./learning-chart";
import classes from "./progress.module.css";
import { QueueNext } from "./queue-next";
import { ThroughputChart } from "./throughput-chart";
import { TimeTable } from "./time-table";

/** How the project goes, answered question by question. */
export function OverviewTab({ project }: { readonly project: Project }) {
  const progress = useProjectProgress(project.id);
  if (progress.isError) {
    return (
      <ErrorNotice message={sentenceOf(progress.error)} onRetry={() => void progress.refetch()} />
    );
  }
  if (!progress.data) return <Waiting />;
  return <Loaded progress={progress.data} />;
}

function Loaded({ progress }: { readonly progress: Progress }) {
  return (
    <div className={classes["grid"]}>
      <ThroughputChart throughput={progress.throughput} />
      <LearningChart points={progress.learning_curve} />
      <TimeTable time={progress.time_per_task} />
      <AgreementTable agreement={progress.agreement} />
      <QueueNext tasks={progress.queue_next} />
    </div>
  );
}

function Waiting() {
  return (
    <div className={classes["grid"]}>
      {["throughput", "learning", "time", "agreement"].map((name) => (
        <Skeleton key={name} height={300} radius={8} />
      ))}
    </div>
  );
}
