import { Button, Select } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";

import { may } from "@/api/project-permissions";
import { useAssignTasks } from "@/api/requests/assign-tasks";
import { type BulkChange, type BulkOutcome, useChangeTasks } from "@/api/requests/change-tasks";
import { useProjectMembers } from "@/api/requests/project-members";
import { sentenceOf } from "@/api/sentence";
import type { Project, Task } from "@/api/types";
import { ErrorNotice } from "@/components/error-notice";
import { plural } from "@/lib/format";

import classes from "../projects.module.css";

const nobody = "nobody";
const waiting: readonly string[] = ["submitted", "in_review"];
const closed: readonly string[] = ["submitted", "in_review", "accepted", "skipped", "problem"];

interface BulkPanelProps {
  readonly project: Project;
  readonly tasks: readonly Task[];
  readonly onClear: () => void;
}

/** One thing done to all ticked tasks; what does not fit a task leaves it as it is, and is told. */
export function BulkPanel({ project, tasks, onClear }: BulkPanelProps) {
  const change = useChangeTasks(project.id);
  const fitting = (states: readonly string[]) =>
    tasks.filter((task) => states.includes(task.state));
  function all(states: readonly string[], what: BulkChange, word: string) {
    const ids = fitting(states).map((task) => task.id);
    change.mutate({ ids, change: what }, { onSuccess: (outcome) => tell(word, outcome) });
  }
  const [accepts, reopens] = [fitting(waiting).length, fitting(closed).length];
  return (
    <section className={classes["taskPanel"]} aria-label="Actions for the chosen tasks">
      <strong>{plural(tasks.length, "task chosen", "tasks chosen")}</strong>
      {may(project, "manage_tasks") && <Assign project={project} tasks={tasks} />}
      {may(project, "review") && (
        <Button
          size="compact-md"
          variant="default"
          disabled={accepts === 0}
          loading={change.isPending}
          onClick={() => all(waiting, "accept", "accepted")}
        >
          Accept {accepts}
        </Button>
      )}
      {may(project, "review") && (
        <Button
          size="compact-md"
          variant="default"
          disabled={reopens === 0}
          loading={change.isPending}
          onClick={() => all(closed, "reopen", "back on the list")}
        >
          Put {reopens} back on the list
        </Button>
      )}
      <Button size="compact-md" variant="subtle" color="gray" onClick={onClear}>
        Choose none
      </Button>
    </section>
  );
}

function Assign({ project, tasks }: Pick<BulkPanelProps, "project" | "tasks">) {
  const members = useProjectMembers(project.id);
  const assign = useAssignTasks(project.id);
  const [person, setPerson] = useState<string | null>(null);
  const choices = members.data?.map(({ user }) => ({ value: user.id, label: user.name })) ?? [];
  function submit() {
    const taskIds = tasks.map((task) => task.id);
    assign.mutate(
      { taskIds, userId: person === nobody ? null : person },
      {
        onSuccess: ({ assigned, left }) => {
          const refusals = [...new Set(left.map(({ reason }) => reason))];
          tell("assigned", { done: assigned, refusals });
        },
      },
    );
  }
  return (
    <>
      <Select
        size="xs"
        w={220}
        aria-label="Assign to"
        placeholder="Assign to…"
        searchable
        data={[{ value: nobody, label: "Whoever comes next" }, ...choices]}
        value={person}
        onChange={setPerson}
      />
      <Button
        size="compact-md"
        disabled={person === null}
        loading={assign.isPending}
        onClick={submit}
      >
        Assign
      </Button>
      {assign.isError && <ErrorNotice message={sentenceOf(assign.error)} />}
    </>
  );
}

function tell(word: string, { done, refusals }: BulkOutcome): void {
  const rest = refusals.length > 0 ? ` Others were left: ${refusals.join(" ")}` : "";
  notifications.show({ message: `${plural(done, "task", "tasks")} ${word}.${rest}` });
}
