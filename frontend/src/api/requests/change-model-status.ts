import { useMutation, useQueryClient } from "@tanstack/react-query";

import { post } from "../http";
import type { Id, ModelVersion } from "../types";

/** Make a model version the one that proposes, or retire it. */
export function useChangeModelStatus() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, verb }: { id: Id; verb: "activate" | "retire" }) =>
      post<ModelVersion>(`/api/v1/model-versions/${id}/${verb}`),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["project"] });
      void client.invalidateQueries({ queryKey: ["models"] });
      void client.invalidateQueries({ queryKey: ["jobs"] });
    },
  });
}
