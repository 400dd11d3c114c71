import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useNavigate } from "react-router";

import { may } from "@/api/project-permissions";
import { useProjectCounts } from "@/api/requests/project-counts";
import { useProjectForecast } from "@/api/requests/project-forecast";
import { useTakeNextTask } from "@/api/requests/take-next-task";
import { sentenceOf } from "@/api/sentence";
import type { Project } from "@/api/types";
import { PageHead } from "@/components/page-head";
import { StackedBar } from "@/components/stacked-bar";
import { formatDay, formatShortDay } from "@/lib/format";

import classes from "./projects.module.css";

/** Name, where all its tasks stand, when it will be done, and the way into the work. */
export function ProjectHeader({ project }: { readonly project: Project }) {
  const counts = useProjectCounts(project.id);
  const forecast = useProjectForecast(project);
  return (
    <div className={classes["header"]}>
      <PageHead title={project.name}>
        {may(project, "annotate") && <NextButton projectId={project.id} />}
      </PageHead>
      <StackedBar counts={counts ?? {}} withLegend />
      <p className={classes["forecast"]}>
        {project.next_step?.sentence}
        {forecast &&
          `Done about ${formatDay(forecast.day)} (${formatShortDay(forecast.low)} to ${formatShortDay(forecast.high)}) at the present pace.`}
      </p>
    </div>
  );
}

function NextButton({ projectId }: { readonly projectId: string }) {
  const take = useTakeNextTask();
  const navigate = useNavigate();
  function open() {
    take.mutate(projectId, {
      onSuccess: ({ task_open, reason }) => {
        if (task_open) void navigate(`/work/${task_open.task.id}`);
        else notifications.show({ message: reason ?? "No task is open for you here." });
      },
      onError: (error) => notifications.show({ message: sentenceOf(error), color: "red" }),
    });
  }
  return (
    <Button loading={take.isPending} onClick={open}>
      Next task
    </Button>
  );
}
