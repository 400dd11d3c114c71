import { Skeleton } from "@mantine/core";
import { may } from "@/api/project-permissions";
import { useProjectMembers } from "@/api/requests/project-members";
import { useProjectProgress } from "@/api/requests/project-progress";
import { useRemoveMember } from "@/api/requests/remove-member";
import { useSetMember } from "@/api/requests/set-member";
import { sentenceOf } from "@/api/sentence";
import type { Project } from "@/api/types";
import { ErrorNotice } from "@/components/error-notice";
import { PersonSearch } from "../people-picker";
import { PeopleTable, type PersonFigures } from "../people-table";
import classes from "../projects.module.css";

/** Who works here, and as what. */
export function PeopleTab({ project }: { readonly project: Project }) {
  const members = useProjectMembers(project.id);
  const set = useSetMember();
  const remove = useRemoveMember();
  const problem = members.error ?? set.error ?? remove.error;
  const isManager = may(project, "manage_members");
  const figures = useFigures(project);
  return (
    <div className={classes["form"]}>
      {isManager && (
        <PersonSearch
          taken={members.data?.map((member) => member.user.id) ?? []}
          onPick={(user) =>
            set.mutate({ projectId: project.id, userId: user.id, role: "annotator" })
          }
        />
      )}
      {problem && <ErrorNotice message={sentenceOf(problem)} />}
      {members.isPending && <Skeleton height={200} radius={8} />}
      {members.data && (
        <PeopleTable
          people={members.data}
          isReadOnly={!isManager}
          figures={figures}
          onRole={(user, role) => set.mutate({ projectId: project.id, userId: user.id, role })}
          onRemove={(user) => remove.mutate({ projectId: project.id, userId: user.id })}
        />
      )}
    </div>
  );
}

/** What people have done, by name; nothing for who may not see progress, or before the first. */
function useFigures(project: Project): ReadonlyMap<string, PersonFigures> | undefined {
  const progress = useProjectProgress(project.id, may(project, "view_progress"));
  const rows = progress.data?.time_per_task.per_user ?? [];
  if (rows.length === 0) return undefined;
  return new Map(rows.map((row) => [row.user, { submitted: row.n, medianSeconds: row.median_s }]));
}
