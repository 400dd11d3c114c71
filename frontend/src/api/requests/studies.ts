import { infiniteQueryOptions, keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";

import { post } from "../http";
import type { StudyFilter, StudyOrder, StudyPage } from "../types";

export interface StudySearch {
  readonly filter: Partial<StudyFilter>;
  readonly order?: StudyOrder;
  readonly is_descending?: boolean;
}

/** Words about patients travel in the body: an address is written down in many places. */
export function studiesQuery(search: StudySearch) {
  return infiniteQueryOptions({
    queryKey: ["studies", search],
    queryFn: ({ pageParam, signal }) =>
      post<StudyPage>("/api/v1/studies/search", { ...search, cursor: pageParam }, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });
}

/** Studies page by page; the first page knows how many there are. */
export function useStudies(search: StudySearch) {
  return useInfiniteQuery(studiesQuery(search));
}
