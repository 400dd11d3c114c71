import { useMutation, useQueryClient } from "@tanstack/react-query";

import { post } from "../http";
import { sentenceOf } from "../sentence";
import type { Id, Task } from "../types";

export interface BulkOutcome {
  readonly done: number;
  /** Why the others were left, each reason once. */
  readonly refusals: readonly string[];
}

export type BulkChange = "accept" | "reopen";

/** Accept or reopen many tasks, one after the other; what is refused is left and told. */
export function useChangeTasks(projectId: Id) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ ids, change }: { ids: readonly Id[]; change: BulkChange }) => {
      const refusals = new Set<string>();
      let done = 0;
      for (const id of ids) {
        try {
          await call(id, change);
          done += 1;
        } catch (error) {
          refusals.add(sentenceOf(error));
        }
      }
      return { done, refusals: [...refusals] } satisfies BulkOutcome;
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["project", projectId] }),
  });
}

function call(id: Id, change: BulkChange): Promise<Task> {
  if (change === "accept") return post<Task>(`/api/v1/tasks/${id}/review`, { verdict: "accept" });
  return post<Task>(`/api/v1/tasks/${id}/reopen`);
}
