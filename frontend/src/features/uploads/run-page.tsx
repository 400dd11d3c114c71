import { Button, Menu, Skeleton } from "@mantine/core";
import { modals } from "@mantine/modals";
import { IconArrowBackUp, IconDownload, IconRefresh } from "@tabler/icons-react";
import { useState } from "react";
import { Link, useParams } from "react-router";

import { useIngestItems } from "@/api/requests/ingest-items";
import { useIngestRun } from "@/api/requests/ingest-run";
import { useRetryRun, useUndoRun } from "@/api/requests/run-again";
import { sentenceOf } from "@/api/sentence";
import type { IngestItem, IngestRun } from "@/api/types";
import { Chip } from "@/components/chip";
import { ErrorNotice } from "@/components/error-notice";
import { FilterChips } from "@/components/filter-chips";
import { PageHead } from "@/components/page-head";
import surfaces from "@/components/surfaces.module.css";
import { type Column, VirtualTable } from "@/components/virtual-table";
import { formatCount, formatMoment } from "@/lib/format";
import { nameOfSource } from "@/lib/sources";

import { ownName } from "./pack";
import classes from "./uploads.module.css";

const outcomes: readonly (readonly [IngestItem["outcome"], string])[] = [
  ["stored", "Stored"],
  ["converted", "Converted"],
  ["kept", "Kept"],
  ["duplicate", "Duplicate"],
  ["quarantined", "In quarantine"],
  ["rejected", "Rejected"],
  ["waiting", "Waiting"],
];
const nameOf = new Map<string, string>(outcomes);

const columns: readonly Column<IngestItem & { readonly place: number }>[] = [
  {
    key: "name",
    header: "File",
    width: "minmax(0, 1.4fr)",
    cell: (item) => <bdi title={ownName(item.name)}>{ownName(item.name)}</bdi>,
  },
  {
    key: "outcome",
    header: "Outcome",
    width: "120px",
    cell: (item) => <Chip tone={toneOf(item)}>{nameOf.get(item.outcome) ?? item.outcome}</Chip>,
  },
  {
    key: "why",
    header: "Why, and what to do",
    width: "minmax(0, 2.4fr)",
    cell: (item) => {
      const words = [item.reason, item.next_step].filter(Boolean).join(" ");
      return <span title={words}>{words}</span>;
    },
  },
];

/** A delivery read again: the fate of each file, to be downloaded, tried again or undone. */
export function RunPage() {
  const { runId = "" } = useParams();
  const run = useIngestRun(runId);
  const [outcome, setOutcome] = useState("");
  const items = useIngestItems({ run: runId, outcome: outcome || undefined });
  const rows = items.data?.pages.flatMap((page) => page.results) ?? [];
  if (run.isError) {
    return (
      <div className={surfaces["page"]}>
        <ErrorNotice message={sentenceOf(run.error)} onRetry={() => void run.refetch()} />
      </div>
    );
  }
  if (!run.data) return <Skeleton height={400} m={24} radius={8} />;
  return (
    <div className={surfaces["fill"]}>
      <PageHead title={run.data.label || "Delivery"} beside={<Facts run={run.data} />}>
        <RunTools run={run.data} />
      </PageHead>
      <div className={classes["filters"]}>
        <FilterChips
          label="Outcome"
          options={optionsOf(run.data)}
          value={outcome}
          onChange={setOutcome}
        />
      </div>
      <VirtualTable
        label="Files of the delivery"
        columns={columns}
        rows={rows.map((item, place) => ({ ...item, place }))}
        rowKey={(item) => item.place}
        rowHeight={40}
        isMain
        listKey={outcome}
        onEnd={() => items.hasNextPage && !items.isFetching && void items.fetchNextPage()}
        isLoading={items.isPending}
        empty={<p className={classes["figures"]}>No file of this delivery ended so.</p>}
      />
    </div>
  );
}

function Facts({ run }: { readonly run: IngestRun }) {
  const facts = [nameOfSource(run.source), formatMoment(run.created_at), run.policy];
  return (
    <span className={classes["figures"]}>
      {facts.filter(Boolean).join(" · ")}
      {run.undone_at && ` · undone ${formatMoment(run.undone_at)}`}
    </span>
  );
}

function RunTools({ run }: { readonly run: IngestRun }) {
  const retry = useRetryRun();
  const undo = useUndoRun();
  const said = undo.data?.sentence ?? retry.data?.sentence;
  const problem = undo.error ?? retry.error;
  return (
    <>
      <span className={classes["figures"]} role="status">
        {problem ? sentenceOf(problem) : said}
      </span>
      {run.counts.quarantined > 0 && (
        <Button component={Link} to="/quarantine" variant="default">
          Quarantine
        </Button>
      )}
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" leftSection={<IconDownload size={17} stroke={1.6} />}>
            Download
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {["csv", "json"].map((format) => (
            <Menu.Item
              key={format}
              component="a"
              href={`/api/v1/ingest-runs/${run.id}/download?format=${format}`}
              download
            >
              Outcomes as {format.toUpperCase()}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {run.can_retry && (
        <Button
          variant="default"
          loading={retry.isPending}
          leftSection={<IconRefresh size={17} stroke={1.6} />}
          onClick={() => retry.mutate(run.id)}
        >
          Try again
        </Button>
      )}
      {run.state === "finished" && !run.undone_at && (
        <Button
          variant="default"
          loading={undo.isPending}
          leftSection={<IconArrowBackUp size={17} stroke={1.6} />}
          onClick={() => askUndo(() => undo.mutate(run.id))}
        >
          Undo
        </Button>
      )}
    </>
  );
}

/** What is taken out does not come back by itself, so it is asked for once more. */
function askUndo(onConfirm: () => void): void {
  modals.openConfirmModal({
    title: "Take out what this delivery brought in?",
    children:
      "Images that only this delivery brought are removed. What somebody works with, or another delivery brought too, stays and is told.",
    labels: { confirm: "Take it out", cancel: "Cancel" },
    confirmProps: { color: "red" },
    onConfirm,
  });
}

function optionsOf(run: IngestRun) {
  const counts: Readonly<Record<string, number | undefined>> = { ...run.counts };
  const used = outcomes.filter(([value]) => (counts[value] ?? 0) > 0);
  return [
    { value: "", label: "All" },
    ...used.map(([value, name]) => ({
      value,
      label: `${name} ${formatCount(counts[value] ?? 0)}`,
    })),
  ];
}

function toneOf(item: IngestItem) {
  if (item.outcome === "stored" || item.outcome === "converted") return "good";
  if (item.outcome === "rejected") return "bad";
  return item.outcome === "quarantined" ? "warn" : "quiet";
}
