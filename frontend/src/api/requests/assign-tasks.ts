import { useMutation, useQueryClient } from "@tanstack/react-query";

import { post } from "../http";
import type { Assignments, Id } from "../types";

/** Reserve tasks for a person, or with null give them back to the queue. */
export function useAssignTasks(projectId: Id) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ taskIds, userId }: { taskIds: readonly Id[]; userId: Id | null }) =>
      post<Assignments>(`/api/v1/projects/${projectId}/assignments`, {
        task_ids: taskIds,
        user_id: userId,
      }),
    onSettled: () => client.invalidateQueries({ queryKey: ["project", projectId] }),
  });
}
