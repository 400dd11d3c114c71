import {
  IconAlertTriangle,
  IconCheck,
  IconCloudOff,
  IconEye,
  IconLoader2,
} from "@tabler/icons-react";

import { plural } from "@/lib/format";
import type { Station } from "@/viewer-core/station";
import type { SyncStatus } from "@/viewer-core/sync";

import classes from "./station.module.css";
import { useStore } from "./use-store";

/** Where the work is, in words; never "Saved" before it is. */
export function SaveStatus({ station }: { readonly station: Station }) {
  const status = useStore(station.sync.status);
  const isLooking = station.editor.readOnly && status.kind === "saved";
  const words = isLooking ? "Read only" : wordsOf(status);
  return (
    <output className={classes["status"]} data-kind={status.kind} title={words}>
      {isLooking ? <IconEye size={15} /> : <StatusIcon kind={status.kind} />}
      {words}
    </output>
  );
}

function wordsOf(status: SyncStatus): string {
  switch (status.kind) {
    case "saved":
      return "Saved";
    case "saving":
      return "Saving…";
    case "offline":
      return `Offline, ${plural(status.edits, "edit", "edits")} kept on this computer`;
    case "refused":
      return `Not saved, ${plural(status.edits, "edit", "edits")} kept here: ${status.reason}`;
    case "conflict":
      return "Saved elsewhere meanwhile: choose";
    case "lock-lost":
      return `Read only: ${status.holderName} has this task now`;
  }
}

function StatusIcon({ kind }: { readonly kind: SyncStatus["kind"] }) {
  if (kind === "saved") return <IconCheck size={15} />;
  if (kind === "saving") return <IconLoader2 size={15} />;
  return kind === "offline" ? <IconCloudOff size={15} /> : <IconAlertTriangle size={15} />;
}
