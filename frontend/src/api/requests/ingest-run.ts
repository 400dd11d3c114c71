import { queryOptions, useQuery } from "@tanstack/react-query";

import { get } from "../http";
import type { IngestRun } from "../types";

export function ingestRunQuery(id: string) {
  return queryOptions({
    queryKey: ["ingest-run", id],
    queryFn: ({ signal }) => get<IngestRun>(`/api/v1/ingest-runs/${id}`, { signal }),
  });
}

/** One upload with its counts. */
export function useIngestRun(id: string) {
  return useQuery(ingestRunQuery(id));
}
