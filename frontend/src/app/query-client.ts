import { QueryClient } from "@tanstack/react-query";

import { isWorthRetrying } from "@/api/http";

/** One cache for all that the server knows. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        retry: (failures, error) => failures < 2 && isWorthRetrying(error),
      },
    },
  });
}
