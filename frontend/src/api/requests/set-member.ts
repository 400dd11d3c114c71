import { useMutation, useQueryClient } from "@tanstack/react-query";

import { put } from "../http";
import type { Id, Role } from "../types";

/** Give a person a role in a project. */
export function useSetMember() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ projectId, userId, role }: { projectId: Id; userId: Id; role: Role }) =>
      put(`/api/v1/projects/${projectId}/members/${userId}`, { role }),
    onSuccess: (_, { projectId }) => {
      void client.invalidateQueries({ queryKey: ["project", projectId] });
    },
  });
}
