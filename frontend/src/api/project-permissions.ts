import type { Project } from "./types";

/** What a person may do in a project, in the server's words (backend/projects/policies.py). */
export type ProjectVerb =
  | "annotate"
  | "review"
  | "manage_tasks"
  | "view_progress"
  | "edit"
  | "edit_schema"
  | "manage_members"
  | "add_units"
  | "train"
  | "activate"
  | "release"
  | "export";

/** Whether to offer something; the server checks again on each request. */
export function may(project: Project, verb: ProjectVerb): boolean {
  return project.permissions.includes(verb);
}
