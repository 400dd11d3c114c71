import { useState } from "react";

import { useQuarantine } from "@/api/requests/quarantine";
import type { Quarantined } from "@/api/types";
import { FilterChips } from "@/components/filter-chips";
import { type Column, VirtualTable } from "@/components/virtual-table";
import { formatMoment, plural } from "@/lib/format";

import classes from "./quarantine.module.css";

const states = [
  { value: "redacted", label: "Redacted" },
  { value: "released", label: "Released" },
  { value: "kept_both", label: "Both stored" },
  { value: "discarded", label: "Discarded" },
] as const;

const columns: readonly Column<Quarantined>[] = [
  { key: "file", header: "File", width: "minmax(0, 1fr)", cell: (file) => <bdi>{file.name}</bdi> },
  {
    key: "reason",
    header: "Why it waited",
    width: "minmax(0, 1.6fr)",
    cell: (file) => file.reason,
  },
  {
    key: "boxes",
    header: "Found",
    width: "90px",
    cell: (file) => plural(file.boxes.length, "box", "boxes"),
  },
  { key: "policy", header: "Policy", width: "170px", cell: (file) => file.policy ?? "–" },
  {
    key: "when",
    header: "Decided",
    width: "130px",
    align: "right",
    cell: (file) => formatMoment(file.decided_at),
  },
];

/** What somebody has decided already; the pictures themselves are gone from here. */
export function DecidedList() {
  const [state, setState] = useState<(typeof states)[number]["value"]>("redacted");
  const files = useQuarantine({ state, reason: "" });
  return (
    <>
      <div className={classes["tools"]}>
        <FilterChips
          label="Decision"
          options={states}
          value={state}
          onChange={(value) => setState(states.find((one) => one.value === value)?.value ?? state)}
        />
      </div>
      <VirtualTable<Quarantined>
        label="Files that were decided about"
        columns={columns}
        rows={files.data?.pages.flatMap((page) => page.results) ?? []}
        rowKey={(file) => file.id}
        rowHeight={40}
        onEnd={() => files.hasNextPage && !files.isFetching && void files.fetchNextPage()}
        isLoading={files.isPending}
        empty={<p className={classes["count"]}>Nobody has decided so about a file yet.</p>}
      />
    </>
  );
}
