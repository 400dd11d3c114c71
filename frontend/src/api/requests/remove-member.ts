import { useMutation, useQueryClient } from "@tanstack/react-query";

import { del } from "../http";
import type { Id } from "../types";

/** Take a person out of a project; their work stays. */
export function useRemoveMember() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ projectId, userId }: { projectId: Id; userId: Id }) =>
      del(`/api/v1/projects/${projectId}/members/${userId}`),
    onSuccess: (_, { projectId }) => {
      void client.invalidateQueries({ queryKey: ["project", projectId] });
    },
  });
}
