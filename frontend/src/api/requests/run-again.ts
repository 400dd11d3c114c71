import { useMutation, useQueryClient } from "@tanstack/react-query";

import { post } from "../http";
import type { Id, RunRetry, RunUndo } from "../types";

function useRefresh() {
  const client = useQueryClient();
  return () => {
    for (const key of ["ingest-run", "ingest-runs", "studies", "quarantine"]) {
      void client.invalidateQueries({ queryKey: [key] });
    }
  };
}

/** Try those files of a delivery again that failed for a reason outside of them. */
export function useRetryRun() {
  return useMutation({
    mutationFn: (id: Id) => post<RunRetry>(`/api/v1/ingest-runs/${id}/retry`),
    onSuccess: useRefresh(),
  });
}

/** Take out what a delivery brought in. */
export function useUndoRun() {
  return useMutation({
    mutationFn: (id: Id) => post<RunUndo>(`/api/v1/ingest-runs/${id}/undo`),
    onSuccess: useRefresh(),
  });
}
