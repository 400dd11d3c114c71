import { ActionIcon, Button, Switch, Tooltip } from "@mantine/core";
import {
  IconCloud,
  IconFolder,
  IconPencil,
  IconPlayerPlay,
  IconServer,
  IconTransferIn,
  IconWorld,
  type TablerIcon,
} from "@tabler/icons-react";
import { useState } from "react";

import { useRunSource } from "@/api/requests/run-source";
import { useChangeSource } from "@/api/requests/save-source";
import { isBusy } from "@/api/requests/sources";
import { sentenceOf } from "@/api/sentence";
import type { Source, SourceKind } from "@/api/types";
import { Chip } from "@/components/chip";
import { formatAgo } from "@/lib/format";

import { SourceFiles } from "./source-files";
import { nameOfKind, nextOf, placeOf, resultOf, stateOf } from "./source-words";
import classes from "./sources.module.css";

const icons: Readonly<Record<SourceKind, TablerIcon>> = {
  folder: IconFolder,
  s3: IconCloud,
  dicomweb: IconWorld,
  pacs: IconServer,
  receiver: IconTransferIn,
};

interface SourceRowProps {
  readonly source: Source;
  readonly onEdit: () => void;
}

/** One source: where it is, how it stands, what it brought, and what can be done with it. */
export function SourceRow({ source, onEdit }: SourceRowProps) {
  const change = useChangeSource();
  const { kind } = source.settings;
  const Icon = icons[kind];
  const state = stateOf(source);
  return (
    <li className={classes["row"]} aria-label={source.name}>
      <Tooltip label={nameOfKind(kind)}>
        <Icon size={20} stroke={1.5} aria-label={nameOfKind(kind)} role="img" />
      </Tooltip>
      <span className={classes["who"]}>
        <bdi>{source.name}</bdi>
        <small title={placeOf(source.settings)}>{placeOf(source.settings)}</small>
      </span>
      <Chip tone={state.tone}>{state.word}</Chip>
      <Result source={source} />
      <span className={classes["actions"]}>
        {kind !== "receiver" && <RunButton source={source} />}
        <Tooltip label={source.is_enabled ? "Switch off" : "Switch on"}>
          <Switch
            aria-label={`${source.name} is on`}
            checked={source.is_enabled}
            disabled={change.isPending}
            onChange={(event) =>
              change.mutate({ id: source.id, change: { is_enabled: event.currentTarget.checked } })
            }
          />
        </Tooltip>
        <Tooltip label="Change or remove">
          <ActionIcon aria-label={`Change ${source.name}`} onClick={onEdit}>
            <IconPencil size={17} stroke={1.6} />
          </ActionIcon>
        </Tooltip>
      </span>
    </li>
  );
}

function Result({ source }: { readonly source: Source }) {
  const [isOpen, setOpen] = useState(false);
  const run = source.last_run;
  const delivery = run?.ingest_run_id;
  return (
    <div className={classes["result"]}>
      <p role="status">{run ? resultOf(run) : nothingYet(source)}</p>
      {run?.state === "running" && (
        <div
          className={classes["progress"]}
          role="progressbar"
          aria-label={`Looking at ${source.name}`}
          aria-valuenow={Math.round(run.progress * 100)}
          aria-valuemin={0}
          aria-valuemax={100}
        >
          <div style={{ width: `${Math.max(2, run.progress * 100)}%` }} />
        </div>
      )}
      <small>
        {run?.finished_at && (
          <time dateTime={run.finished_at}>{formatAgo(run.finished_at)} · </time>
        )}
        {nextOf(source)}
        {delivery && (
          <>
            {" "}
            <button type="button" className={classes["link"]} onClick={() => setOpen(true)}>
              Each file
            </button>
          </>
        )}
      </small>
      {delivery && isOpen && <SourceFiles run={delivery} onClose={() => setOpen(false)} />}
    </div>
  );
}

function nothingYet(source: Source): string {
  return source.settings.kind === "receiver" ? "Nobody has called yet." : "Not looked at yet.";
}

function RunButton({ source }: { readonly source: Source }) {
  const run = useRunSource();
  const label = run.isError ? sentenceOf(run.error) : "Look at it now";
  return (
    <Tooltip label={label}>
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<IconPlayerPlay size={14} />}
        aria-label={`Run now: ${source.name}`}
        disabled={isBusy(source)}
        loading={run.isPending}
        onClick={() => run.mutate(source.id)}
      >
        Run now
      </Button>
    </Tooltip>
  );
}
