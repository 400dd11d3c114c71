import { useMutation, useQueryClient } from "@tanstack/react-query";

import { post } from "../http";
import type { NewUser, User } from "../types";

/** Add a person to this installation. */
export function useCreateUser() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: NewUser) => post<User>("/api/v1/users", body),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["users"] });
    },
  });
}
