import { useMutation, useQueryClient } from "@tanstack/react-query";

import { rememberLock } from "@/lib/task-lock";

import { post } from "../http";
import type { Id, NextTask } from "../types";

/** Take the most useful open task of a project under a lease. */
export function useTakeNextTask() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (projectId: Id) => post<NextTask>(`/api/v1/projects/${projectId}/next`),
    onSuccess: ({ task_open }) => {
      if (task_open?.lock) rememberLock(task_open.task.id, task_open.lock.token);
      void client.invalidateQueries({ queryKey: ["home"] });
    },
  });
}
