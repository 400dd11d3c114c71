import { Modal } from "@mantine/core";

import { useIngestItems } from "@/api/requests/ingest-items";
import { sentenceOf } from "@/api/sentence";
import type { IngestItem } from "@/api/types";
import { ErrorNotice } from "@/components/error-notice";
import { type Column, VirtualTable } from "@/components/virtual-table";

import classes from "./sources.module.css";

const columns: readonly Column<IngestItem>[] = [
  {
    key: "name",
    header: "File",
    width: "minmax(180px, 1fr)",
    cell: (item) => <bdi title={item.name}>{item.name}</bdi>,
  },
  { key: "outcome", header: "Outcome", width: "110px", cell: (item) => item.outcome },
  {
    key: "reason",
    header: "Why, and what to do",
    width: "minmax(200px, 2fr)",
    cell: (item) => <span title={wordsOf(item)}>{wordsOf(item)}</span>,
  },
];

interface SourceFilesProps {
  readonly run: string;
  readonly onClose: () => void;
}

/** What became of each file that a source brought. */
export function SourceFiles({ run, onClose }: SourceFilesProps) {
  const items = useIngestItems({ run });
  const rows = items.data?.pages.flatMap((page) => page.results) ?? [];
  return (
    <Modal opened onClose={onClose} size={960} title="What became of each file">
      {items.isError && (
        <ErrorNotice message={sentenceOf(items.error)} onRetry={() => void items.refetch()} />
      )}
      <div className={classes["files"]}>
        <VirtualTable<IngestItem>
          label="Files"
          columns={columns}
          rows={rows}
          rowKey={(item) => rows.indexOf(item)}
          rowHeight={32}
          onEnd={() => items.hasNextPage && !items.isFetching && void items.fetchNextPage()}
          isLoading={items.isPending}
          empty={<p>No file came.</p>}
        />
      </div>
    </Modal>
  );
}

function wordsOf(item: IngestItem): string {
  return [item.reason, item.next_step].filter(Boolean).join(" ");
}
