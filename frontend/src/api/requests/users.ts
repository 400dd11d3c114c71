import { queryOptions, useQuery } from "@tanstack/react-query";

import { get } from "../http";
import type { Page, User } from "../types";

export function usersQuery(search: string) {
  return queryOptions({
    queryKey: ["users", search],
    queryFn: ({ signal }) => get<Page<User>>("/api/v1/users", { signal, query: { search } }),
    select: (page) => page.results,
  });
}

/** People by a part of their name or e-mail. */
export function useUsers(search: string) {
  return useQuery(usersQuery(search));
}
