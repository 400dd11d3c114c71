import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { del, get, patch, post } from "../http";
import type { Cohort, Id, NewCohort, Page } from "../types";

const key = ["cohorts"];

/** One's own cohorts, and those others share. */
export function useCohorts() {
  return useQuery({
    queryKey: key,
    queryFn: ({ signal }) => get<Page<Cohort>>("/api/v1/cohorts", { signal }),
    select: (page) => page.results,
  });
}

export function useCreateCohort() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: NewCohort) => post<Cohort>("/api/v1/cohorts", body),
    onSuccess: () => client.invalidateQueries({ queryKey: key }),
  });
}

export function useShareCohort() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, isShared }: { id: Id; isShared: boolean }) =>
      patch<Cohort>(`/api/v1/cohorts/${id}`, { is_shared: isShared }),
    onSuccess: () => client.invalidateQueries({ queryKey: key }),
  });
}

export function useDeleteCohort() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: Id) => del(`/api/v1/cohorts/${id}`),
    onSuccess: () => client.invalidateQueries({ queryKey: key }),
  });
}
