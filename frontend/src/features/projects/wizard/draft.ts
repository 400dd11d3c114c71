import type { NewProject, Role, SchemaDocument, User } from "@/api/types";

import { emptySchema } from "../schema/schema-edits";
import { schemaProblems } from "../schema/schema-problems";

/** A project being made. */
export interface Draft {
  readonly name: string;
  readonly instructions: string;
  readonly schema: SchemaDocument;
  readonly studyIds: readonly string[];
  readonly people: readonly { readonly user: User; readonly role: Role }[];
}

export const emptyDraft: Draft = {
  name: "",
  instructions: "",
  schema: emptySchema,
  studyIds: [],
  people: [],
};

export const steps = ["Name", "Labels", "Studies", "People"] as const;

/** What a step still lacks, as sentences. */
export function stepProblems(draft: Draft, step: number): readonly string[] {
  if (step === 0) return draft.name.trim() ? [] : ["Give the project a name."];
  if (step === 1) return schemaProblems(draft.schema);
  if (step === 2 && draft.studyIds.length === 0) {
    return ["No studies chosen. You may go on and add them later."];
  }
  return [];
}

/** Only studies may come later; a name and labels are needed to begin. */
export function isReady(draft: Draft): boolean {
  return stepProblems(draft, 0).length === 0 && stepProblems(draft, 1).length === 0;
}

export function bodyOf(draft: Draft): NewProject {
  return {
    name: draft.name.trim(),
    instructions: draft.instructions,
    schema: draft.schema,
    study_ids: draft.studyIds,
    members: draft.people.map(({ user, role }) => ({ user_id: user.id, role })),
  };
}
