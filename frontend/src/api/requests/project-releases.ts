import { queryOptions, useQuery } from "@tanstack/react-query";

import { get } from "../http";
import type { Id, Page, Release } from "../types";

export function projectReleasesQuery(projectId: Id) {
  return queryOptions({
    queryKey: ["project", projectId, "releases"],
    queryFn: ({ signal }) =>
      get<Page<Release>>(`/api/v1/projects/${projectId}/releases`, { signal }),
    select: (page) => page.results,
  });
}

/** The releases of a project, newest first. */
export function useProjectReleases(projectId: Id) {
  return useQuery(projectReleasesQuery(projectId));
}
