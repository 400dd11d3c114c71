import { useQuery } from "@tanstack/react-query";

import { get } from "../http";
import type { StudyFacets } from "../types";

/** Modalities, body parts and sources that filters may offer. */
export function useStudyFacets() {
  return useQuery({
    queryKey: ["studies", "facets"],
    queryFn: ({ signal }) => get<StudyFacets>("/api/v1/studies/facets", { signal }),
    staleTime: 60_000,
  });
}
