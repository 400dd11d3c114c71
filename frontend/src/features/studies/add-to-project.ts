import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { post } from "@/api/http";
import { findStudyIds } from "@/api/requests/study-ids";
import type { Id, Project, StudyChoice } from "@/api/types";
import { plural } from "@/lib/format";

import { tell, tellError } from "./notices";

/** Studies of one request: small enough that each is answered at once. */
const together = 200;

interface Added {
  readonly added: number;
  readonly already_there: number;
}

/** Put many studies into a project, some at a time, and tell how far it is. */
export function useAddToProject() {
  const client = useQueryClient();
  const [progress, setProgress] = useState<{ done: number; total: number } | null>(null);

  async function add(project: Project, choice: StudyChoice): Promise<void> {
    setProgress({ done: 0, total: 0 });
    try {
      const ids = await findStudyIds(choice);
      const sum = await send(project.id, ids, (done) => setProgress({ done, total: ids.length }));
      const there = sum.already_there > 0 ? `, ${sum.already_there} were there already` : "";
      tell(`${plural(sum.added, "task", "tasks")} added to ${project.name}${there}.`);
    } catch (error) {
      tellError(error);
    } finally {
      setProgress(null);
      for (const key of ["project", "home", "studies", "study"]) {
        void client.invalidateQueries({ queryKey: [key] });
      }
    }
  }

  return { add, progress };
}

async function send(
  projectId: Id,
  ids: readonly Id[],
  onDone: (done: number) => void,
): Promise<Added> {
  const sum = { added: 0, already_there: 0 };
  for (let start = 0; start < ids.length; start += together) {
    const some = ids.slice(start, start + together);
    const told = await post<Added>(`/api/v1/projects/${projectId}/units`, { study_ids: some });
    sum.added += told.added;
    sum.already_there += told.already_there;
    onDone(Math.min(start + together, ids.length));
  }
  return sum;
}
