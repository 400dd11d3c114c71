import { queryOptions, useQuery } from "@tanstack/react-query";

import { get } from "../http";
import type { Page, Token } from "../types";

export function tokensQuery() {
  return queryOptions({
    queryKey: ["tokens"],
    queryFn: ({ signal }) => get<Page<Token>>("/api/v1/tokens", { signal }),
    select: (page) => page.results,
  });
}

/** API tokens of the signed-in person. */
export function useTokens() {
  return useQuery(tokensQuery());
}
