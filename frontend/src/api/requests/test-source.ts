import { useMutation } from "@tanstack/react-query";

import { post } from "../http";
import type { SourceAnswer, SourceTest } from "../types";

/** Ask a source whether it answers, kept or not. */
export function useTestSource() {
  return useMutation({
    mutationFn: (body: SourceTest) => post<SourceAnswer>("/api/v1/source-tests", body),
  });
}
