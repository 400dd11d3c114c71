import { useMutation, useQueryClient } from "@tanstack/react-query";

import { post } from "../http";
import type { Id, Task, Verdict } from "../types";

/** Accept a task, return it with a reason, or take it over to correct it. */
export function useReviewTask() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({
      id,
      verdict,
      reason,
    }: {
      id: Id;
      projectId: Id;
      verdict: Verdict;
      reason?: string;
    }) => post<Task>(`/api/v1/tasks/${id}/review`, { verdict, reason }),
    onSuccess: (_, { projectId }) => {
      void client.invalidateQueries({ queryKey: ["project", projectId] });
      void client.invalidateQueries({ queryKey: ["home"] });
    },
  });
}
