import { useMutation, useQueryClient } from "@tanstack/react-query";

import { patch } from "../http";
import type { Id, Project, ProjectChange } from "../types";

/** Change name, instructions or policy of a project. */
export function useUpdateProject() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, change }: { id: Id; change: ProjectChange }) =>
      patch<Project>(`/api/v1/projects/${id}`, change),
    onSuccess: (_, { id }) => {
      void client.invalidateQueries({ queryKey: ["project", id] });
      void client.invalidateQueries({ queryKey: ["projects"] });
    },
  });
}
