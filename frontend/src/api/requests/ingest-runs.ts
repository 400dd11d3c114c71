import { queryOptions, useQuery } from "@tanstack/react-query";

import { get } from "../http";
import type { IngestRun, Page } from "../types";

export function ingestRunsQuery() {
  return queryOptions({
    queryKey: ["ingest-runs"],
    queryFn: ({ signal }) => get<Page<IngestRun>>("/api/v1/ingest-runs", { signal }),
    select: (page) => page.results,
  });
}

/** Recent uploads, newest first. */
export function useIngestRuns() {
  return useQuery(ingestRunsQuery());
}
