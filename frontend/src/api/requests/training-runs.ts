import { queryOptions, useQuery } from "@tanstack/react-query";

import { get } from "../http";
import type { Id, Page, TrainingRun } from "../types";

export function trainingRunsQuery(projectId: Id) {
  return queryOptions({
    queryKey: ["project", projectId, "training-runs"],
    queryFn: ({ signal }) =>
      get<Page<TrainingRun>>(`/api/v1/projects/${projectId}/training-runs`, { signal }),
    select: (page) => page.results,
  });
}

/** The training runs of a project, newest first. */
export function useTrainingRuns(projectId: Id) {
  return useQuery(trainingRunsQuery(projectId));
}
