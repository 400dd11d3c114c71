import { infiniteQueryOptions, keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";

import { get } from "../http";
import type { Id, Page, Task } from "../types";

export interface TasksFilter {
  readonly state?: string | undefined;
  readonly assignee?: string | undefined;
  readonly search?: string | undefined;
  readonly order?: string | undefined;
}

export function tasksQuery(projectId: Id, filter: TasksFilter) {
  return infiniteQueryOptions({
    queryKey: ["project", projectId, "tasks", filter],
    queryFn: ({ pageParam, signal }) =>
      get<Page<Task>>(`/api/v1/projects/${projectId}/tasks`, {
        signal,
        query: { ...filter, cursor: pageParam },
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });
}

/** Tasks of a project page by page. */
export function useTasks(projectId: Id, filter: TasksFilter) {
  return useInfiniteQuery(tasksQuery(projectId, filter));
}
