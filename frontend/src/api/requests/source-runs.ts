import { queryOptions, useQuery } from "@tanstack/react-query";

import { get } from "../http";
import type { Id, Page, SourceRun } from "../types";

export function sourceRunsQuery(id: Id) {
  return queryOptions({
    queryKey: ["source-runs", id],
    queryFn: ({ signal }) => get<Page<SourceRun>>(`/api/v1/sources/${id}/runs`, { signal }),
    select: (page) => page.results,
  });
}

/** The latest looks at a source, newest first. */
export function useSourceRuns(id: Id) {
  return useQuery(sourceRunsQuery(id));
}
