import { queryOptions, useQuery } from "@tanstack/react-query";

import { get } from "../http";
import { usePollInterval } from "../live";
import type { Id, Page, ProjectCounts, TaskState } from "../types";

export type StateCounts = Readonly<Partial<Record<TaskState, number>>>;

export const projectCountsQuery = queryOptions({
  queryKey: ["project-counts"],
  queryFn: ({ signal }) => get<Page<ProjectCounts>>("/api/v1/project-counts", { signal }),
});

/** How many tasks of a project stand where; null until known. */
export function useProjectCounts(projectId: Id): StateCounts | null {
  const poll = usePollInterval(5_000);
  const { data } = useQuery({ ...projectCountsQuery, refetchInterval: poll });
  return data?.results.find((row) => row.project_id === projectId)?.counts ?? null;
}
