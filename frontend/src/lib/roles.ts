const names: Readonly<Record<string, string>> = {
  owner: "owner",
  manager: "manager",
  reviewer: "reviewer",
  annotator: "annotator",
  data_scientist: "data scientist",
  viewer: "viewer",
};

export function nameOfRole(role: string): string {
  return names[role] ?? role;
}

/** Roles a person may be given, with what each may do. */
export const roleChoices = [
  { value: "annotator", label: "Annotator", may: "labels tasks" },
  { value: "reviewer", label: "Reviewer", may: "labels, accepts and returns" },
  { value: "manager", label: "Manager", may: "changes the project and its people" },
  { value: "data_scientist", label: "Data scientist", may: "trains models, makes releases" },
  { value: "viewer", label: "Viewer", may: "looks" },
  { value: "owner", label: "Owner", may: "everything, also other owners" },
] as const;
