import { queryOptions, useQuery } from "@tanstack/react-query";

import { get } from "../http";
import type { Id, ModelVersion, Page } from "../types";

export function projectModelsQuery(id: Id) {
  return queryOptions({
    queryKey: ["project", id, "models"],
    queryFn: ({ signal }) => get<Page<ModelVersion>>(`/api/v1/projects/${id}/models`, { signal }),
    select: (page) => page.results,
  });
}

/** The model versions of a project, newest first. */
export function useProjectModels(id: Id) {
  return useQuery(projectModelsQuery(id));
}
