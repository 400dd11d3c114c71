import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, useState } from "react";

import { Chip } from "@/components/chip";
import { FilterChips } from "@/components/filter-chips";
import { formatBytes, formatCount } from "@/lib/format";

import type { UploadItem, UploadStage } from "./upload-item";
import type { UploadQueue } from "./upload-queue";
import classes from "./uploads.module.css";

const rowHeight = 44;

const words: Readonly<Record<UploadStage, string>> = {
  waiting: "Waiting",
  sending: "Sending",
  reading: "Being read",
  stored: "Stored",
  converted: "Converted",
  kept: "Kept",
  duplicate: "Duplicate",
  quarantined: "In quarantine",
  rejected: "Rejected",
  failed: "Not sent",
};

const filters = new Map<string, readonly UploadStage[] | null>([
  ["All", null],
  ["Stored", ["stored", "converted", "kept"]],
  ["Duplicate", ["duplicate"]],
  ["In quarantine", ["quarantined"]],
  ["Rejected", ["rejected", "failed"]],
]);
const names = [...filters.keys()].map((name) => ({ value: name, label: name }));

/** Each file and its fate; only the rows in sight are drawn. */
export function UploadList({ queue }: { readonly queue: UploadQueue }) {
  const [filter, setFilter] = useState("All");
  const stages = filters.get(filter) ?? null;
  const version = queue.version();
  // biome-ignore lint/correctness/useExhaustiveDependencies: items change in place, the version says when
  const items = useMemo(
    () => (stages ? queue.items.filter((item) => stages.includes(item.stage)) : queue.items),
    [queue, stages, version, queue.items.length],
  );
  return (
    <>
      <div className={classes["filters"]}>
        <FilterChips label="Show" options={names} value={filter} onChange={setFilter} />
      </div>
      <Rows items={items} />
    </>
  );
}

function Rows({ items }: { readonly items: readonly UploadItem[] }) {
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  });
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by key
    <section className={classes["rows"]} ref={scroller} tabIndex={0} aria-label="Files">
      <ul style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map((row) => {
          const item = items[row.index];
          return item ? <Row key={item.key} item={item} top={row.start} /> : null;
        })}
      </ul>
    </section>
  );
}

function Row({ item, top }: { readonly item: UploadItem; readonly top: number }) {
  const share = item.file.size === 0 ? 1 : item.sentBytes / item.file.size;
  return (
    <li className={classes["row"]} style={{ transform: `translateY(${top}px)`, height: rowHeight }}>
      <span className={classes["name"]} title={item.name}>
        <bdi>{item.name}</bdi>
      </span>
      <span className={classes["size"]}>{formatBytes(item.file.size)}</span>
      <Chip tone={toneOf(item.stage)}>
        {item.stage === "sending" ? `${Math.floor(share * 100)} %` : words[item.stage]}
      </Chip>
      <span className={classes["message"]} title={messageOf(item)}>
        {messageOf(item)}
      </span>
    </li>
  );
}

function toneOf(stage: UploadStage) {
  if (stage === "stored" || stage === "converted") return "good";
  if (stage === "rejected" || stage === "failed") return "bad";
  return stage === "sending" || stage === "reading" ? "active" : "quiet";
}

function messageOf(item: UploadItem): string {
  if (item.message) return item.message;
  const rejected = item.outcomes.filter((outcome) => outcome.outcome === "rejected");
  if (item.outcomes.length > 1) {
    const rest = rejected[0]?.reason ? ` First rejected: ${rejected[0].reason}` : "";
    return `${formatCount(item.outcomes.length)} files inside, ${formatCount(rejected.length)} rejected.${rest}`;
  }
  const only = item.outcomes[0];
  if (!only) return "";
  return [only.reason, only.next_step].filter(Boolean).join(" ");
}
