import { post } from "../http";
import type { Id, StudyChoice } from "../types";

/** All studies that a filter finds, by identifier. */
export async function findStudyIds(choice: StudyChoice): Promise<readonly Id[]> {
  if (choice.study_ids) return choice.study_ids;
  const found = await post<{ study_ids: readonly Id[] }>("/api/v1/studies/ids", choice);
  return found.study_ids;
}
