import { useMutation, useQueryClient } from "@tanstack/react-query";

import { post } from "../http";
import type { Id } from "../types";

/** Add studies to a project; tasks are made for them. */
export function useAddUnits() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ projectId, studyIds }: { projectId: Id; studyIds: readonly Id[] }) =>
      post(`/api/v1/projects/${projectId}/units`, { study_ids: studyIds }),
    onSuccess: (_, { projectId }) => {
      void client.invalidateQueries({ queryKey: ["project", projectId] });
      void client.invalidateQueries({ queryKey: ["home"] });
    },
  });
}
