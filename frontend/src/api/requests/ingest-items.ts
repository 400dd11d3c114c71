import { infiniteQueryOptions, keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";

import { get } from "../http";
import type { IngestItem, Page } from "../types";

export interface IngestItemsFilter {
  readonly run: string;
  readonly outcome?: string | undefined;
}

export function ingestItemsQuery(filter: IngestItemsFilter) {
  return infiniteQueryOptions({
    queryKey: ["ingest-run", filter.run, "items", filter.outcome],
    queryFn: ({ pageParam, signal }) =>
      get<Page<IngestItem>>(`/api/v1/ingest-runs/${filter.run}/items`, {
        signal,
        query: { ...filter, cursor: pageParam },
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });
}

/** What became of each file of an upload. */
export function useIngestItems(filter: IngestItemsFilter) {
  return useInfiniteQuery(ingestItemsQuery(filter));
}
