import { queryOptions, useQuery } from "@tanstack/react-query";

import { get } from "../http";
import type { SystemState } from "../types";

export function systemQuery() {
  return queryOptions({
    queryKey: ["system"],
    queryFn: ({ signal }) => get<SystemState>("/api/v1/system", { signal }),
  });
}

/** State of database, broker, workers and storage. */
export function useSystem() {
  return useQuery(systemQuery());
}
