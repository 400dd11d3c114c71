import { useMutation, useQueryClient } from "@tanstack/react-query";

import { patch } from "../http";
import type { Id, User, UserChange } from "../types";

/** Change a person's name, password or rights. */
export function useUpdateUser() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, change }: { id: Id; change: UserChange }) =>
      patch<User>(`/api/v1/users/${id}`, change),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["users"] });
    },
  });
}
