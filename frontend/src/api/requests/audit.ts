import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";

import { get } from "../http";
import type { AuditEvent, Page } from "../types";

/** The audit record page by page, newest first; `verb` may be the beginning of one. */
export function useAudit(verb: string) {
  return useInfiniteQuery({
    queryKey: ["audit", verb],
    queryFn: ({ pageParam, signal }) =>
      get<Page<AuditEvent>>("/api/v1/audit", { signal, query: { verb, cursor: pageParam } }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });
}
