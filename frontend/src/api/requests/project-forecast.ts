import { useQuery } from "@tanstack/react-query";

import { may } from "../project-permissions";
import type { Project } from "../types";
import { projectProgressQuery } from "./project-progress";

/** When the project will be done, for those who may see its progress. */
export function useProjectForecast(project: Project) {
  const progress = useQuery({
    ...projectProgressQuery(project.id),
    enabled: may(project, "view_progress"),
  });
  return progress.data?.forecast ?? null;
}
