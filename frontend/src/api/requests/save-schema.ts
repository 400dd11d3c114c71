import { useMutation, useQueryClient } from "@tanstack/react-query";

import { put } from "../http";
import type { Id, SchemaDocument } from "../types";

/** Store a new version of a label schema; open work keeps the old one. */
export function useSaveSchema() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({
      id,
      document,
      baseNumber,
      renamed,
    }: {
      id: Id;
      document: SchemaDocument;
      baseNumber: number;
      renamed: readonly number[];
    }) => put(`/api/v1/projects/${id}/schema`, { document, base_number: baseNumber, renamed }),
    onSuccess: (_, { id }) => {
      void client.invalidateQueries({ queryKey: ["project", id] });
    },
  });
}
