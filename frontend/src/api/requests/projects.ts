import { queryOptions, useQuery } from "@tanstack/react-query";

import { get } from "../http";
import type { Page, Project } from "../types";

export function projectsQuery() {
  return queryOptions({
    queryKey: ["projects"],
    queryFn: ({ signal }) => get<Page<Project>>("/api/v1/projects", { signal }),
    select: (page) => page.results,
  });
}

/** Every project the person may see. */
export function useProjects() {
  return useQuery(projectsQuery());
}
