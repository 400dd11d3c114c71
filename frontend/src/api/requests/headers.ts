import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { get } from "../http";
import type { Header, Id, InstanceList } from "../types";

/** The objects of a series, by number. */
export function useInstances(seriesId: Id) {
  return useQuery({
    queryKey: ["series", seriesId, "instances"],
    queryFn: ({ signal }) => get<InstanceList>(`/api/v1/series/${seriesId}/instances`, { signal }),
  });
}

/** The header of one object, element by element. */
export function useHeader(instanceId: number | undefined) {
  return useQuery({
    queryKey: ["instance", instanceId, "header"],
    queryFn: ({ signal }) => get<Header>(`/api/v1/instances/${instanceId}/header`, { signal }),
    enabled: instanceId !== undefined,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
}
