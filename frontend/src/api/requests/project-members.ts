import { queryOptions, useQuery } from "@tanstack/react-query";

import { get } from "../http";
import type { Id, Member, Page } from "../types";

export function projectMembersQuery(id: Id) {
  return queryOptions({
    queryKey: ["project", id, "members"],
    queryFn: ({ signal }) => get<Page<Member>>(`/api/v1/projects/${id}/members`, { signal }),
    select: (page) => page.results,
  });
}

/** The people of a project. */
export function useProjectMembers(id: Id) {
  return useQuery(projectMembersQuery(id));
}
