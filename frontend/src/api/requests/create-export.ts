import { useMutation, useQueryClient } from "@tanstack/react-query";

import { post } from "../http";
import type { ExportFormat, ExportRow, Id, Job } from "../types";

/** Write a release in a format and prove it by reading it back. */
export function useCreateExport() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ releaseId, format }: { releaseId: Id; format: ExportFormat }) =>
      post<{ export: ExportRow; job: Job }>(`/api/v1/releases/${releaseId}/exports`, { format }),
    onSuccess: (_, { releaseId }) => {
      void client.invalidateQueries({ queryKey: ["release", releaseId] });
      void client.invalidateQueries({ queryKey: ["jobs"] });
    },
  });
}
