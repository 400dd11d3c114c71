import { queryOptions, useQuery } from "@tanstack/react-query";

import { get } from "../http";
import type { ExportRow, Id, Page } from "../types";

export function exportsQuery(releaseId: Id) {
  return queryOptions({
    queryKey: ["release", releaseId, "exports"],
    queryFn: ({ signal }) =>
      get<Page<ExportRow>>(`/api/v1/releases/${releaseId}/exports`, { signal }),
    select: (page) => page.results,
    refetchInterval: (query) =>
      query.state.data?.results.some((row) => isWorking(row)) ? 1_500 : false,
  });
}

/** The exports of a release; asked again by itself while one is being written. */
export function useExports(releaseId: Id) {
  return useQuery(exportsQuery(releaseId));
}

function isWorking(row: ExportRow): boolean {
  return row.job !== null && ["queued", "sent", "running"].includes(row.job.state);
}
