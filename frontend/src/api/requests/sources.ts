import { queryOptions, useQuery } from "@tanstack/react-query";

import { get } from "../http";
import type { Source, SourceList } from "../types";

const soonMs = 1_500;
const laterMs = 15_000;

export function sourcesQuery() {
  return queryOptions({
    queryKey: ["sources"],
    queryFn: ({ signal }) => get<SourceList>("/api/v1/sources", { signal }),
    refetchInterval: (query) => (query.state.data?.results.some(isBusy) ? soonMs : laterMs),
  });
}

/** Where files come from by themselves; asked again sooner while one is being looked at. */
export function useSources() {
  return useQuery(sourcesQuery());
}

/** Whether a look at this source is under way. */
export function isBusy(source: Source): boolean {
  return source.last_run?.state === "waiting" || source.last_run?.state === "running";
}
