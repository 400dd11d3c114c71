import { queryOptions, useQuery } from "@tanstack/react-query";

import { get } from "../http";
import type { Id, Progress } from "../types";

export function projectProgressQuery(id: Id) {
  return queryOptions({
    queryKey: ["project", id, "progress"],
    queryFn: ({ signal }) => get<Progress>(`/api/v1/projects/${id}/progress`, { signal }),
  });
}

/** Throughput, time, agreement and forecast of a project. */
export function useProjectProgress(id: Id, isAllowed = true) {
  return useQuery({ ...projectProgressQuery(id), enabled: isAllowed });
}
