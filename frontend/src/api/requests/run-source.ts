import { useMutation, useQueryClient } from "@tanstack/react-query";

import { post } from "../http";
import type { Id, SourceRun } from "../types";

/** Look at a source now. */
export function useRunSource() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: Id) => post<SourceRun>(`/api/v1/sources/${id}/runs`),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["sources"] });
      await client.invalidateQueries({ queryKey: ["jobs"] });
    },
  });
}
