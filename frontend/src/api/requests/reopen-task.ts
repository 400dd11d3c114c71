import { useMutation, useQueryClient } from "@tanstack/react-query";

import { post } from "../http";
import type { Id, Task } from "../types";

/** Put a finished or skipped task back on the list. */
export function useReopenTask() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id }: { id: Id; projectId: Id }) => post<Task>(`/api/v1/tasks/${id}/reopen`),
    onSuccess: (_, { projectId }) => {
      void client.invalidateQueries({ queryKey: ["project", projectId] });
    },
  });
}
