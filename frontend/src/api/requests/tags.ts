import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { del, get, post } from "../http";
import type { Id, Page, StudyChoice, Tag } from "../types";

/** The tags one made, and those on studies one sees. */
export function useTags() {
  return useQuery({
    queryKey: ["tags"],
    queryFn: ({ signal }) => get<Page<Tag>>("/api/v1/tags", { signal }),
    select: (page) => page.results,
  });
}

export function useCreateTag() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { name: string; color: string }) => post<Tag>("/api/v1/tags", body),
    onSuccess: () => client.invalidateQueries({ queryKey: ["tags"] }),
  });
}

export function useDeleteTag() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: Id) => del(`/api/v1/tags/${id}`),
    onSuccess: () => {
      for (const key of ["tags", "studies", "study"]) {
        void client.invalidateQueries({ queryKey: [key] });
      }
    },
  });
}

interface TagChange {
  readonly tagId: Id;
  readonly verb: "give" | "take";
  readonly choice: StudyChoice;
}

/** Let studies carry a tag, or no longer. */
export function useChangeTag() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ tagId, verb, choice }: TagChange) =>
      post<{ changed: number }>(`/api/v1/tags/${tagId}/${verb}`, choice),
    onSuccess: () => {
      for (const key of ["tags", "studies", "study", "patient"]) {
        void client.invalidateQueries({ queryKey: [key] });
      }
    },
  });
}
