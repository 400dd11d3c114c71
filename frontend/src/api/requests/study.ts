import { queryOptions, useQuery } from "@tanstack/react-query";

import { get } from "../http";
import type { Id, StudyDetail } from "../types";

export function studyQuery(id: Id) {
  return queryOptions({
    queryKey: ["study", id],
    queryFn: ({ signal }) => get<StudyDetail>(`/api/v1/studies/${id}`, { signal }),
  });
}

/** One study with its series and grids. */
export function useStudy(id: Id) {
  return useQuery(studyQuery(id));
}
