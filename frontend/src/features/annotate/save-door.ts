import { post } from "@/api/http";
import { Problem } from "@/api/problem";
import type { SaveBody } from "@/viewer-core/save-body";
import { LockLost, SaveConflict, SaveRefused } from "@/viewer-core/save-errors";
import type { SaveDoor } from "@/viewer-core/sync";

import type { RevisionNumber } from "./wire";

const SOMEBODY = "Somebody else";

/** Saves go over HTTP; refusals become what the engine understands. */
export const saveDoor: SaveDoor = {
  async save(documentId: string, body: SaveBody) {
    try {
      const url = `/api/v1/documents/${documentId}/revisions`;
      return await post<RevisionNumber>(url, body);
    } catch (error) {
      throw understood(error);
    }
  },
};

function understood(error: unknown): unknown {
  if (!(error instanceof Problem)) return error;
  if (error.code === "annotation.revision_conflict") {
    return new SaveConflict(Number(error.extra["head_number"]));
  }
  if (error.code === "annotation.lock_lost") return new LockLost(holderOf(error));
  const isFinal = error.status >= 400 && error.status < 500 && error.status !== 429;
  if (isFinal && error.status !== 401) return new SaveRefused(error.message);
  return error;
}

/** Who holds the task now, as the refusal says. */
export function holderOf(problem: Problem): string {
  const name = problem.extra["holder_name"];
  return typeof name === "string" && name ? name : SOMEBODY;
}
