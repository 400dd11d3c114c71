import { useState } from "react";

import { sentenceOf } from "@/api/sentence";
import type { DocumentContent } from "@/viewer-core/label-document";

import { documentAt, restoreRevision } from "./calls";
import { contentOf, type OpenedTask } from "./open-station";

/** Both sides of a conflict, and going back to an earlier revision. */
export function useConflict({ open, station }: OpenedTask) {
  const [mine, setMine] = useState<DocumentContent | null>(null);
  const documentId = open.document.id;

  async function guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      station.say(sentenceOf(error));
    }
  }

  async function show(theirs: boolean): Promise<void> {
    if (!theirs) {
      if (mine) station.document.load(mine);
      station.editor.readOnly = false;
      setMine(null);
      return;
    }
    const state = await documentAt(documentId);
    setMine(station.document.content());
    station.editor.readOnly = true;
    station.document.load(contentOf(state));
  }

  async function keepMine(): Promise<void> {
    if (mine) await show(false);
    const { head_number } = await documentAt(documentId);
    station.sync.keepMine(head_number);
  }

  async function takeTheirs(): Promise<void> {
    const state = await documentAt(documentId);
    station.editor.readOnly = false;
    setMine(null);
    await station.replace(contentOf(state), state.head_number);
  }

  async function restore(number: number): Promise<void> {
    if (!open.lock || !(await station.sync.flush())) return;
    const head = station.sync.headNumber;
    await restoreRevision(documentId, number, head, open.lock.token);
    await takeTheirs();
  }

  return {
    isShowingTheirs: mine !== null,
    show: (theirs: boolean) => void guarded(() => show(theirs)),
    keepMine: () => void guarded(keepMine),
    takeTheirs: () => void guarded(takeTheirs),
    restore: (number: number) => void guarded(() => restore(number)),
  };
}
