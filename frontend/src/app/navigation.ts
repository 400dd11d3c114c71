import {
  IconBox,
  IconBrain,
  IconChecklist,
  IconFolders,
  IconSettings,
  IconStack2,
  type TablerIcon,
} from "@tabler/icons-react";

export interface Place {
  readonly label: string;
  readonly path: string;
  readonly key: string;
  readonly icon: TablerIcon;
}

const work: Place = { label: "Work", path: "/work", key: "g w", icon: IconChecklist };
const studies: Place = { label: "Studies", path: "/studies", key: "g s", icon: IconStack2 };
const projects: Place = { label: "Projects", path: "/projects", key: "g p", icon: IconFolders };
const models: Place = { label: "Models", path: "/models", key: "g m", icon: IconBrain };
const releases: Place = { label: "Releases", path: "/releases", key: "g r", icon: IconBox };
const admin: Place = { label: "Admin", path: "/admin", key: "g a", icon: IconSettings };

const shapersOfData: readonly string[] = ["owner", "manager", "data_scientist", "reviewer"];

/**
 * The places a person has business in.
 *
 * This only tidies the rail; the server decides what may be seen and done.
 */
export function placesFor(isAdmin: boolean, roles: readonly string[]): readonly Place[] {
  const shapes = isAdmin || roles.some((role) => shapersOfData.includes(role));
  return [
    work,
    studies,
    projects,
    ...(shapes ? [models, releases] : []),
    ...(isAdmin ? [admin] : []),
  ];
}
