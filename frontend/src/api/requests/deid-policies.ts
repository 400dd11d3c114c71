import { queryOptions, useQuery } from "@tanstack/react-query";

import { get } from "../http";
import type { DeidPolicy, Page } from "../types";

export function deidPoliciesQuery() {
  return queryOptions({
    queryKey: ["deid-policies"],
    queryFn: ({ signal }) => get<Page<DeidPolicy>>("/api/v1/deid/policies", { signal }),
    select: (page) => page.results,
  });
}

/** The newest version of every de-identification policy. */
export function useDeidPolicies() {
  return useQuery(deidPoliciesQuery());
}
