import { useMutation, useQueryClient } from "@tanstack/react-query";

import { post } from "../http";
import type { Id, NextTask } from "../types";

/** Take the work that has waited longest for a reviewer. */
export function useTakeNextReview() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (projectId: Id) =>
      post<NextTask>(`/api/v1/projects/${projectId}/next`, { purpose: "review" }),
    onSuccess: () => void client.invalidateQueries({ queryKey: ["home"] }),
  });
}
