import { useMutation, useQueryClient } from "@tanstack/react-query";

import { post } from "../http";
import type { Job } from "../types";

/** Cancel a job, or try it again. */
export function useChangeJob() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, verb }: { id: string; verb: "cancel" | "retry" }) =>
      post<Job>(`/api/v1/jobs/${id}/${verb}`),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["jobs"] });
      void client.invalidateQueries({ queryKey: ["project"] });
    },
  });
}
