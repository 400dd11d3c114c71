import {
  keepPreviousData,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";

import { get, postForSure } from "../http";
import type { Box, Id, Quarantined, QuarantinePage, RivalComparison } from "../types";

export interface QuarantineFilter {
  readonly state: Quarantined["state"];
  readonly reason: string;
}

/** Files that wait for a person, or about which somebody has decided; newest first. */
export function useQuarantine(filter: QuarantineFilter) {
  return useInfiniteQuery({
    queryKey: ["quarantine", filter],
    queryFn: ({ pageParam, signal }) =>
      get<QuarantinePage>("/api/v1/quarantine", {
        signal,
        query: { ...filter, cursor: pageParam },
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });
}

/** How many files wait for a person. */
export function useWaitingCount() {
  return useQuery({
    queryKey: ["quarantine", "waiting-count"],
    queryFn: ({ signal }) => get<QuarantinePage>("/api/v1/quarantine", { signal }),
    select: (page) => page.total,
    staleTime: 30_000,
  });
}

/** How a waiting file differs from the stored one whose identifier it carries. */
export function useRivalComparison(id: Id) {
  return useQuery({
    queryKey: ["quarantine", id, "comparison"],
    queryFn: ({ signal }) =>
      get<RivalComparison>(`/api/v1/quarantine/${id}/comparison`, { signal }),
  });
}

export interface Decision {
  readonly decision: Quarantined["choices"][number];
  readonly boxes?: readonly Box[];
}

/** Tell the server what becomes of a file; it cannot be taken back afterwards. */
export function useDecide() {
  const client = useQueryClient();
  return async (id: Id, body: Decision): Promise<void> => {
    try {
      await postForSure<Quarantined>(`/api/v1/quarantine/${id}/decide`, body);
    } finally {
      for (const key of ["quarantine", "studies", "ingest-runs"]) {
        void client.invalidateQueries({ queryKey: [key] });
      }
    }
  };
}
