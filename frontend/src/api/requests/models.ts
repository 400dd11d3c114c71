import { queryOptions, useQuery } from "@tanstack/react-query";

import { get } from "../http";
import type { ModelVersion, Page } from "../types";

export function modelsQuery() {
  return queryOptions({
    queryKey: ["models"],
    queryFn: ({ signal }) => get<Page<ModelVersion>>("/api/v1/models", { signal }),
    select: (page) => page.results,
  });
}

/** Every model version the person may see. */
export function useModels() {
  return useQuery(modelsQuery());
}
