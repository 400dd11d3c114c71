import { TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useState } from "react";
import { useNavigate, useSearchParams } from "react-router";

import { may } from "@/api/project-permissions";
import { type StateCounts, useProjectCounts } from "@/api/requests/project-counts";
import { type TasksFilter, useTasks } from "@/api/requests/tasks";
import { sentenceOf } from "@/api/sentence";
import type { Project, Task } from "@/api/types";
import { ErrorNotice } from "@/components/error-notice";
import { FilterChips } from "@/components/filter-chips";
import { VirtualTable } from "@/components/virtual-table";
import { formatCount } from "@/lib/format";
import { nameOfState, taskStates } from "@/lib/task-words";

import classes from "../projects.module.css";
import { BulkPanel } from "./bulk-panel";
import { taskColumns } from "./task-columns";
import { TaskPanel } from "./task-panel";
import { type Ticks, tickColumn, useTicks } from "./task-ticks";

/** Every task of the project; the chosen one with what may be done about it. */
export function TasksTab({ project }: { readonly project: Project }) {
  const [params, setParams] = useSearchParams();
  const [text, setText] = useState("");
  const [search] = useDebouncedValue(text.trim(), 200);
  const counts = useProjectCounts(project.id);
  const state = params.get("state") ?? "";
  return (
    <div className={classes["tall"]}>
      <div className={classes["toolbar"]}>
        <FilterChips
          label="State"
          options={stateOptions(counts ?? {})}
          value={state}
          onChange={(value) => setParams(value ? { state: value } : {}, { replace: true })}
        />
        <TextInput
          w={240}
          aria-label="Search tasks"
          placeholder="Case, person"
          leftSection={<IconSearch size={17} stroke={1.6} />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      </div>
      <TaskTable
        project={project}
        filter={{ state: state || undefined, search: search || undefined }}
      />
    </div>
  );
}

interface TaskTableProps {
  readonly project: Project;
  readonly filter: TasksFilter;
}

function TaskTable({ project, filter }: TaskTableProps) {
  const navigate = useNavigate();
  const tasks = useTasks(project.id, filter);
  const rows = tasks.data?.pages.flatMap((page) => page.results) ?? [];
  const [chosenId, setChosenId] = useState<string | null>(null);
  const ticks = useTicks();
  const mayChange = may(project, "manage_tasks") || may(project, "review");
  return (
    <>
      {tasks.isError && (
        <ErrorNotice message={sentenceOf(tasks.error)} onRetry={() => void tasks.refetch()} />
      )}
      <VirtualTable<Task>
        label="Tasks"
        columns={mayChange ? [tickColumn(ticks, rows), ...taskColumns] : taskColumns}
        rows={rows}
        total={tasks.data?.pages[0]?.total}
        rowKey={(task) => task.id}
        rowHeight={48}
        selected={chosenId}
        onSelect={(task) => setChosenId(task.id)}
        {...(mayChange && { onToggle: (task: Task) => ticks.toggle(task.id) })}
        onOpen={(task) => void navigate(`/work/${task.id}`)}
        onEnd={() => tasks.hasNextPage && !tasks.isFetching && void tasks.fetchNextPage()}
        isLoading={tasks.isPending}
        empty={<p className={classes["note"]}>No task is in this state.</p>}
      />
      <Foot project={project} rows={rows} ticks={ticks} chosenId={chosenId} />
    </>
  );
}

interface FootProps {
  readonly project: Project;
  readonly rows: readonly Task[];
  readonly ticks: Ticks;
  readonly chosenId: string | null;
}

/** What may be done to the ticked tasks, or else to the chosen one. */
function Foot({ project, rows, ticks, chosenId }: FootProps) {
  const ticked = rows.filter((task) => ticks.has(task.id));
  if (ticked.length > 0) {
    return <BulkPanel project={project} tasks={ticked} onClear={ticks.clear} />;
  }
  const chosen = rows.find((task) => task.id === chosenId);
  return chosen ? <TaskPanel key={chosen.id} task={chosen} project={project} /> : null;
}

function stateOptions(counts: StateCounts) {
  const total = Object.values(counts).reduce((sum, count) => sum + (count ?? 0), 0);
  const used = taskStates.filter((state) => (counts[state] ?? 0) > 0);
  return [
    { value: "", label: `All ${formatCount(total)}` },
    ...used.map((state) => ({
      value: state,
      label: `${nameOfState(state)} ${formatCount(counts[state] ?? 0)}`,
    })),
  ];
}
