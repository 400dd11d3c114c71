import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";

import type { Id } from "@/api/types";
import { formatAgo } from "@/lib/format";
import { fromBase64 } from "@/viewer-core/base64";
import { MaskStore } from "@/viewer-core/mask-store";
import { drawRevision, type RevisionMask, tellingFrame } from "@/viewer-core/revision-picture";
import type { Station } from "@/viewer-core/station";

import { documentAt } from "./calls";
import type { DocumentState, RevisionRow as Row } from "./wire";

const WORDS: Readonly<Record<string, string>> = {
  autosave: "Saved",
  submit: "Submitted",
  prediction: "Predicted",
  merge: "Merged",
  import: "Imported",
  restore: "Restored",
};
const PICTURE_PX = 88;

interface RevisionRowProps {
  readonly station: Station;
  readonly documentId: Id;
  readonly row: Row;
  readonly isHead: boolean;
  readonly onRestore: (number: number) => void;
}

/** One revision: its picture, what and whose it is; hovering shows it, a click goes back to it. */
export function RevisionRow({ station, documentId, row, isHead, onRestore }: RevisionRowProps) {
  const { number, at, author, reason, summary, is_restorable } = row;
  const state = useRevision(documentId, number);
  const before = useRevision(documentId, number - 1);
  const { past } = station.workbench;
  const canRestore = is_restorable && !isHead && !station.editor.readOnly;
  const show = () => state && !isHead && past.set(pastOf(state));
  const hide = () => past.set(null);
  useEffect(() => () => past.set(null), [past]);
  return (
    <li data-model={author?.kind === "model"}>
      <button
        type="button"
        aria-label={isHead ? `Revision ${number}, as it is now` : `Restore revision ${number}`}
        aria-disabled={!canRestore}
        onPointerEnter={show}
        onPointerLeave={hide}
        onFocus={show}
        onBlur={hide}
        onClick={() => {
          hide();
          if (canRestore) onRestore(number);
        }}
      >
        <RevisionPicture station={station} number={number} state={state} before={before} />
        <span>
          <b>{number}</b> {summary || WORDS[reason] || reason}
          <small>
            {author?.name ?? ""} · {formatAgo(at)}
          </small>
        </span>
        <em>{isHead ? "now" : canRestore ? "restore" : ""}</em>
      </button>
    </li>
  );
}

/** A revision's state; it never changes, so it is asked for once. */
function useRevision(documentId: Id, number: number): DocumentState | undefined {
  const found = useQuery({
    queryKey: ["revision", documentId, number],
    queryFn: () => documentAt(documentId, number),
    staleTime: Number.POSITIVE_INFINITY,
    enabled: number > 0,
  });
  return found.data;
}

function masksOf(state: DocumentState | undefined): RevisionMask[] {
  return (state?.masks ?? []).map(({ layer, frame, sha256, data }) => {
    return { layer, frame, sha256, encoded: () => fromBase64(data) };
  });
}

function pastOf(state: DocumentState) {
  const masks = new MaskStore();
  for (const { layer, frame, data } of state.masks) masks.load(layer, frame, fromBase64(data));
  return { masks, shapes: state.objects };
}

interface RevisionPictureProps {
  readonly station: Station;
  readonly number: number;
  readonly state: DocumentState | undefined;
  readonly before: DocumentState | undefined;
}

function RevisionPicture({ station, number, state, before }: RevisionPictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const masks = masksOf(state);
    const key = tellingFrame(masks, masksOf(before));
    const frame = station.frames.find((candidate) => candidate.key === key);
    if (!canvas.current || !frame) return;
    const { workbench, segments } = station;
    const pixels = workbench.viewport?.pixels(frame.index) ?? null;
    const window = workbench.picture.get()?.window ?? null;
    drawRevision(canvas.current, { frame, masks, segments, pixels, window });
  }, [station, state, before]);
  return (
    <canvas
      ref={canvas}
      role="img"
      aria-label={`Labels of revision ${number}`}
      width={PICTURE_PX}
      height={PICTURE_PX}
    />
  );
}
