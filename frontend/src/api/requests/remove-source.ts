import { useMutation, useQueryClient } from "@tanstack/react-query";

import { del } from "../http";
import type { Id } from "../types";

/** Forget a source; everything it brought stays. */
export function useRemoveSource() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: Id) => del(`/api/v1/sources/${id}`),
    onSuccess: () => client.invalidateQueries({ queryKey: ["sources"] }),
  });
}
