import { queryOptions, useQuery } from "@tanstack/react-query";

import { get } from "../http";
import type { Id, Project } from "../types";

export function projectQuery(id: Id) {
  return queryOptions({
    queryKey: ["project", id],
    queryFn: ({ signal }) => get<Project>(`/api/v1/projects/${id}`, { signal }),
  });
}

/** One project with its schema, policy and counts. */
export function useProject(id: Id) {
  return useQuery(projectQuery(id));
}
