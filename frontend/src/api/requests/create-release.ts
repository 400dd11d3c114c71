import { useMutation, useQueryClient } from "@tanstack/react-query";

import { post } from "../http";
import type { Id, NewRelease, Release } from "../types";

/** Freeze the accepted work of a project into a release. */
export function useCreateRelease() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ projectId, body }: { projectId: Id; body: NewRelease }) =>
      post<Release>(`/api/v1/projects/${projectId}/releases`, body),
    onSuccess: (_, { projectId }) => {
      void client.invalidateQueries({ queryKey: ["project", projectId, "releases"] });
      void client.invalidateQueries({ queryKey: ["jobs"] });
    },
  });
}
