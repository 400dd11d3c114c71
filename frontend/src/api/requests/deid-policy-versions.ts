import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { get, post } from "../http";
import type { DeidPolicy, DeidPolicyVersion, Page, PolicyDocument } from "../types";

/** Every version of one policy, the newest first. */
export function useDeidPolicyVersions(name: string) {
  return useQuery({
    queryKey: ["deid-policies", name],
    queryFn: ({ signal }) =>
      get<Page<DeidPolicyVersion>>(`/api/v1/deid/policies/${encodeURIComponent(name)}/versions`, {
        signal,
      }),
    select: (page) => page.results,
  });
}

interface NewVersion {
  readonly document: PolicyDocument;
  readonly scopes: readonly string[];
}

/** Keep the next version of a policy; what came in before stays as it was made. */
export function useAddDeidPolicy() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: NewVersion) => post<DeidPolicy>("/api/v1/deid/policies", body),
    onSuccess: () => client.invalidateQueries({ queryKey: ["deid-policies"] }),
  });
}
