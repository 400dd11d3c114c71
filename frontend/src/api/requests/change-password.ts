import { useMutation } from "@tanstack/react-query";

import { put } from "../http";

/** Change one's own password; every other session of this person ends. */
export function useChangePassword() {
  return useMutation({
    mutationFn: (body: { current: string; new: string }) =>
      put<void>("/api/v1/session/password", body),
  });
}
