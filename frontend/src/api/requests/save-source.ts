import { useMutation, useQueryClient } from "@tanstack/react-query";

import { patch, post } from "../http";
import type { Id, NewSource, Source, SourceChange } from "../types";

/** Add a source. */
export function useAddSource() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: NewSource) => post<Source>("/api/v1/sources", body),
    onSuccess: () => client.invalidateQueries({ queryKey: ["sources"] }),
  });
}

/** Change a source; what is left out stays. */
export function useChangeSource() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, change }: { id: Id; change: SourceChange }) =>
      patch<Source>(`/api/v1/sources/${id}`, change),
    onSuccess: () => client.invalidateQueries({ queryKey: ["sources"] }),
  });
}
