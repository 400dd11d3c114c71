import type { Quarantined } from "@/api/types";
import { type Column, VirtualTable } from "@/components/virtual-table";
import { formatAgo } from "@/lib/format";

import classes from "./quarantine.module.css";

const columns: readonly Column<Quarantined>[] = [
  {
    key: "file",
    header: "File",
    width: "minmax(0, 1fr)",
    cell: (file) => (
      <span className={classes["two"]}>
        <bdi>{file.name}</bdi>
        <span>{file.reason}</span>
      </span>
    ),
  },
  {
    key: "came",
    header: "Came in",
    width: "78px",
    align: "right",
    cell: (file) => formatAgo(file.created_at),
  },
];

interface WaitingListProps {
  readonly files: readonly Quarantined[];
  readonly chosenId: string;
  readonly onChoose: (file: Quarantined) => void;
  readonly onEnd: () => void;
}

/** What waits, newest first. */
export function WaitingList({ files, chosenId, onChoose, onEnd }: WaitingListProps) {
  return (
    <div className={classes["list"]}>
      <VirtualTable<Quarantined>
        label="Files that wait"
        columns={columns}
        rows={files}
        rowKey={(file) => file.id}
        rowHeight={52}
        selected={chosenId}
        onSelect={onChoose}
        onEnd={onEnd}
      />
    </div>
  );
}
