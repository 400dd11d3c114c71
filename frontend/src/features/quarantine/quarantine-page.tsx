import { Button } from "@mantine/core";
import { IconShieldCheck } from "@tabler/icons-react";
import { useState } from "react";
import { Link, useSearchParams } from "react-router";

import { useQuarantine } from "@/api/requests/quarantine";
import { sentenceOf } from "@/api/sentence";
import type { Quarantined } from "@/api/types";
import { EmptyPlace } from "@/components/empty-place";
import { ErrorNotice } from "@/components/error-notice";
import { FilterChips } from "@/components/filter-chips";
import { PageHead } from "@/components/page-head";
import surfaces from "@/components/surfaces.module.css";
import { formatCount, plural } from "@/lib/format";

import { DecidedList } from "./decided-list";
import { FileReview } from "./file-review";
import classes from "./quarantine.module.css";
import { UndoBar } from "./undo-bar";
import { type Decisions, useDecisions } from "./use-decisions";
import { WaitingList } from "./waiting-list";

const reasons = [
  { value: "", label: "All" },
  { value: "text", label: "Text was seen" },
  { value: "declared", label: "The file says so" },
  { value: "undecodable", label: "Cannot be decoded" },
  { value: "uid_reused", label: "Rival of a stored one" },
] as const;

/** Pictures that may carry a name wait here until a person has looked at them. */
export function QuarantinePage() {
  const [params, setParams] = useSearchParams();
  const [isPast, setPast] = useState(false);
  const reason = params.get("reason") ?? "";
  const decisions = useDecisions();
  const waiting = useQuarantine({ state: "waiting", reason });
  const listed = waiting.data?.pages.flatMap((page) => page.results) ?? [];
  const files = listed.filter((file) => !decisions.isGone(file.id));
  const first = waiting.data?.pages[0];
  const total = (first?.total ?? 0) - (listed.length - files.length);

  function set(name: string, value: string | null) {
    const next = new URLSearchParams(params);
    if (value) next.set(name, value);
    else next.delete(name);
    setParams(next, { replace: true });
  }

  return (
    <div className={surfaces["fill"]}>
      <PageHead
        title="Quarantine"
        beside={
          first && (
            <span className={classes["count"]} role="status">
              {plural(total, "file waits", "files wait")}
            </span>
          )
        }
      >
        <Button variant="default" aria-pressed={isPast} onClick={() => setPast(!isPast)}>
          {isPast ? "What waits" : "What was decided"}
        </Button>
      </PageHead>
      {waiting.isError && (
        <ErrorNotice message={sentenceOf(waiting.error)} onRetry={() => void waiting.refetch()} />
      )}
      {decisions.problem && <ErrorNotice message={decisions.problem} />}
      {isPast ? (
        <DecidedList />
      ) : (
        <>
          <div className={classes["tools"]}>
            <FilterChips
              label="Reason"
              options={reasons.map(({ value, label }) => ({
                value,
                label: chipWords(label, value, first?.by_reason),
              }))}
              value={reason}
              onChange={(value) => set("reason", value)}
            />
          </div>
          <Desk
            files={files}
            isLoading={waiting.isPending}
            chosenId={params.get("file")}
            onChoose={(id) => set("file", id)}
            decisions={decisions}
            onEnd={() => waiting.hasNextPage && !waiting.isFetching && void waiting.fetchNextPage()}
          />
        </>
      )}
      <UndoBar decisions={decisions} onUndone={(id) => set("file", id)} />
    </div>
  );
}

function chipWords(label: string, reason: string, counts?: Readonly<Record<string, number>>) {
  const count = reason ? counts?.[reason] : undefined;
  return count ? `${label} ${formatCount(count)}` : label;
}

interface DeskProps {
  readonly files: readonly Quarantined[];
  readonly isLoading: boolean;
  readonly chosenId: string | null;
  readonly onChoose: (id: string | null) => void;
  readonly onEnd: () => void;
  readonly decisions: Decisions;
}

function Desk({ files, isLoading, chosenId, onChoose, onEnd, decisions }: DeskProps) {
  const place = Math.max(
    0,
    files.findIndex((file) => file.id === chosenId),
  );
  const file = files[place];
  if (!file) return isLoading ? null : <NothingWaits />;
  const step = (by: number) => onChoose(files[place + by]?.id ?? file.id);
  return (
    <div className={classes["desk"]}>
      <WaitingList
        files={files}
        chosenId={file.id}
        onChoose={(one) => onChoose(one.id)}
        onEnd={onEnd}
      />
      <FileReview
        key={file.id}
        file={file}
        onStep={step}
        onDecide={(body) => {
          onChoose(files[place + 1]?.id ?? files[place - 1]?.id ?? null);
          decisions.decide({ file, body });
        }}
      />
    </div>
  );
}

function NothingWaits() {
  return (
    <EmptyPlace
      icon={IconShieldCheck}
      title="Nothing waits"
      action={
        <Button component={Link} to="/uploads" variant="default">
          Upload images
        </Button>
      }
    >
      A picture that may carry a patient's name comes here when its delivery is de-identified. You
      look at it, blank what must not be seen, and it goes on to the other images.
    </EmptyPlace>
  );
}
