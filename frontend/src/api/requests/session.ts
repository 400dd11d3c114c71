import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { del, get, post } from "../http";
import type { Session } from "../types";

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: ({ signal }) => get<Session>("/api/v1/session", { signal }),
  staleTime: Number.POSITIVE_INFINITY,
});

/** Who is signed in, and where live news comes from. */
export function useSession() {
  return useQuery(sessionQuery);
}

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { email: string; password: string }) =>
      post<Session>("/api/v1/session", body),
    onSuccess: (session) => client.setQueryData(sessionQuery.queryKey, session),
  });
}

/** Ends the session; nothing another person could see stays in memory. */
export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => del("/api/v1/session"),
    onSuccess: async () => {
      client.clear();
      await client.fetchQuery(sessionQuery);
    },
  });
}
