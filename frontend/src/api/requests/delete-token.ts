import { useMutation, useQueryClient } from "@tanstack/react-query";

import { del } from "../http";
import type { Id } from "../types";

/** Take an API token back at once. */
export function useDeleteToken() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: Id) => del(`/api/v1/tokens/${id}`),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["tokens"] });
    },
  });
}
