import { queryOptions, useQuery } from "@tanstack/react-query";

import { get } from "../http";
import type { Home } from "../types";

export function homeQuery() {
  return queryOptions({
    queryKey: ["home"],
    queryFn: ({ signal }) => get<Home>("/api/v1/home", { signal }),
  });
}

/** What waits for the signed-in person. */
export function useHome() {
  return useQuery(homeQuery());
}
