import { queryOptions, useQuery } from "@tanstack/react-query";

import { get } from "../http";
import type { Job, Page } from "../types";

export function jobsQuery() {
  return queryOptions({
    queryKey: ["jobs"],
    queryFn: ({ signal }) => get<Page<Job>>("/api/v1/jobs", { signal }),
    select: (page) => page.results,
  });
}

/** Recent background jobs, newest first. */
export function useJobs() {
  return useQuery(jobsQuery());
}
