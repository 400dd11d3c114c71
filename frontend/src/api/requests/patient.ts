import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { del, get, post, put } from "../http";
import type {
  ClinicalEntry,
  ClinicalTable,
  Id,
  NewClinicalEntry,
  Page,
  PatientDetail,
} from "../types";

/** A patient with the studies one may see, oldest first. */
export function usePatient(id: Id) {
  return useQuery({
    queryKey: ["patient", id],
    queryFn: ({ signal }) => get<PatientDetail>(`/api/v1/patients/${id}`, { signal }),
  });
}

/** What is known of a patient beside the images; also what was withdrawn, if asked for. */
export function useClinical(id: Id, withHistory: boolean) {
  return useQuery({
    queryKey: ["patient", id, "clinical", withHistory],
    queryFn: ({ signal }) =>
      get<Page<ClinicalEntry>>(`/api/v1/patients/${id}/clinical`, {
        signal,
        query: { history: withHistory ? "true" : null },
      }),
    select: (page) => page.results,
  });
}

function useRefresh(id: Id) {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: ["patient", id, "clinical"] });
}

/** Write an entry, or with an id put another in the place of one. */
export function useSaveClinical(id: Id) {
  return useMutation({
    mutationFn: ({ entryId, body }: { entryId: Id | null; body: NewClinicalEntry }) =>
      entryId === null
        ? post<ClinicalEntry>(`/api/v1/patients/${id}/clinical`, body)
        : put<ClinicalEntry>(`/api/v1/patients/${id}/clinical/${entryId}`, body),
    onSuccess: useRefresh(id),
  });
}

export function useWithdrawClinical(id: Id) {
  return useMutation({
    mutationFn: (entryId: Id) => del(`/api/v1/patients/${id}/clinical/${entryId}`),
    onSuccess: useRefresh(id),
  });
}

/** Take a table of dated values in. */
export function useImportClinical(id: Id) {
  return useMutation({
    mutationFn: (text: string) =>
      post<ClinicalTable>(`/api/v1/patients/${id}/clinical/csv`, { text }),
    onSuccess: useRefresh(id),
  });
}
