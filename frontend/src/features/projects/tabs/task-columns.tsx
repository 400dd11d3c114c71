import { VisuallyHidden } from "@mantine/core";

import type { Task } from "@/api/types";
import { StateChip } from "@/components/state-chip";
import { Thumbnail } from "@/components/thumbnail";
import type { Column } from "@/components/virtual-table";
import { WhyLine } from "@/components/why-line";
import { formatAgo, formatDice, formatDuration } from "@/lib/format";
import { meanAgreement } from "@/lib/task-words";

export const taskColumns: readonly Column<Task>[] = [
  {
    key: "picture",
    header: <VisuallyHidden>Picture</VisuallyHidden>,
    width: "40px",
    cell: (task) => <Thumbnail src={task.thumbnail_url} alt="" width={40} height={40} />,
  },
  {
    key: "label",
    header: "Case",
    width: "minmax(130px, 1fr)",
    cell: (task) => <bdi>{task.label}</bdi>,
  },
  {
    key: "state",
    header: "State",
    width: "112px",
    cell: (task) => <StateChip state={task.state} />,
  },
  {
    key: "who",
    header: "Person",
    width: "minmax(100px, 0.8fr)",
    cell: who,
  },
  {
    key: "why",
    header: "Remark",
    width: "minmax(140px, 2fr)",
    cell: remark,
  },
  {
    key: "agreement",
    header: <span title="Mean Dice of the proposal against what was submitted">Agreement</span>,
    width: "76px",
    align: "right",
    cell: (task) => formatDice(meanAgreement(task.agreement)),
  },
  {
    key: "time",
    header: "Active",
    width: "84px",
    align: "right",
    cell: (task) => (task.active_seconds > 0 ? formatDuration(task.active_seconds) : "–"),
  },
  {
    key: "changed",
    header: "Changed",
    width: "92px",
    align: "right",
    cell: (task) => formatAgo(task.updated_at),
  },
];

function who(task: Task) {
  if (task.holder) return <bdi>{task.holder.name}</bdi>;
  if (!task.assignee) return "–";
  return (
    <bdi title={task.is_reserved ? `Reserved for ${task.assignee.name}` : undefined}>
      {task.is_reserved ? `for ${task.assignee.name}` : task.assignee.name}
    </bdi>
  );
}

function remark(task: Task) {
  const words = task.returned_reason ?? task.skip_reason;
  if (words) return <q dir="auto">{words}</q>;
  return task.why?.sentence ? <WhyLine sentence={task.why.sentence} /> : "";
}
