import { useMutation, useQueryClient } from "@tanstack/react-query";

import { post } from "../http";
import type { NewProject, Project } from "../types";

/** Make a project with its studies and people. */
export function useCreateProject() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: NewProject) => post<Project>("/api/v1/projects", body),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["projects"] });
      void client.invalidateQueries({ queryKey: ["home"] });
    },
  });
}
