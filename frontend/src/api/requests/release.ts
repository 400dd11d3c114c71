import { queryOptions, useQuery } from "@tanstack/react-query";

import { get } from "../http";
import type { Id, Release } from "../types";

export function releaseQuery(id: Id) {
  return queryOptions({
    queryKey: ["release", id],
    queryFn: ({ signal }) => get<Release>(`/api/v1/releases/${id}`, { signal }),
  });
}

/** One release as a datasheet. */
export function useRelease(id: Id) {
  return useQuery(releaseQuery(id));
}
