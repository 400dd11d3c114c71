import { useMutation, useQueryClient } from "@tanstack/react-query";

import { post } from "../http";
import type { TokenSecret } from "../types";

/** Make an API token; it is shown once. */
export function useCreateToken() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => post<TokenSecret>("/api/v1/tokens", { name }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["tokens"] });
    },
  });
}
