import { useMutation, useQueryClient } from "@tanstack/react-query";

import { post } from "../http";
import type { Id } from "../types";

/** Train a new version on what was submitted. */
export function useTrain() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (projectId: Id) => post(`/api/v1/projects/${projectId}/train`),
    onSuccess: (_, projectId) => {
      void client.invalidateQueries({ queryKey: ["project", projectId] });
      void client.invalidateQueries({ queryKey: ["jobs"] });
    },
  });
}
