import { type Change, type Entry, invert, type Provenance } from "./change";
import type { Editor, Operation, Performed } from "./editor";
import type { Journal, JournalMark, JournalRecord } from "./journal";
import type { SyncEngine } from "./sync";

/** What was found in the journal when a task was opened. */
export interface Recovered {
  /** Edits that the server may not have; they are in the document again and will be sent. */
  readonly replayed: number;
  /** The server's head moved on without these edits: the user decides before anything is sent. */
  readonly conflict: boolean;
}

/** Turns journal records into what they did to a document, in order. */
class Replay {
  private readonly done: Entry[] = [];
  private undone: Entry[] = [];

  step(operation: Operation): Performed | null {
    if (operation.kind === "do") {
      this.undone = [];
      this.done.push(operation.entry);
      return told(operation, operation.entry.changes, operation.entry.provenance);
    }
    const [from, to] =
      operation.kind === "undo" ? [this.done, this.undone] : [this.undone, this.done];
    const entry = from.pop();
    if (!entry) return null;
    to.push(entry);
    if (operation.kind === "redo") return told(operation, entry.changes, entry.provenance);
    const provenance = entry.provenance && { ...entry.provenance, tool: "undo" };
    return told(operation, entry.changes.map(invert).reverse(), provenance);
  }
}

function told(
  operation: Operation,
  changes: readonly Change[],
  provenance: Provenance | null,
): Performed {
  return { operation, changes, provenance };
}

/**
 * Put the journal on top of the server's state.
 *
 * Changes say what a voxel becomes, so playing one again that the server already has does no harm.
 * When the head is neither the one this computer knew nor the one its own unanswered save made,
 * somebody else was here: nothing is sent until the user has chosen.
 */
export async function recover(
  journal: Journal,
  documentId: string,
  editor: Editor,
  sync: SyncEngine,
): Promise<Recovered> {
  const [mark, records] = await Promise.all([journal.mark(documentId), journal.read(documentId)]);
  const acknowledged = mark?.acknowledged ?? 0;
  const unsent = records.filter((record) => record.sequence > acknowledged);
  const isKnown = headIsKnown(mark, sync.headNumber);
  if (unsent.length === 0 && !isKnown) {
    await journal.clear(documentId);
    return { replayed: 0, conflict: false };
  }
  const last = records.at(-1)?.sequence ?? acknowledged;
  // Said again word for word, an unanswered save tells by its answer whether it had arrived.
  const pending = isKnown ? (mark?.pending ?? null) : null;
  replay(records, { acknowledged, sent: pending?.upTo ?? acknowledged }, editor, sync);
  if (!isKnown) sync.declareConflict(sync.headNumber);
  else await sync.resume(acknowledged, last, pending);
  return { replayed: unsent.length, conflict: !isKnown };
}

interface Reach {
  /** Operations up to here are in the server's head. */
  readonly acknowledged: number;
  /** Operations up to here are in a save that will be sent again. */
  readonly sent: number;
}

/** The head is the one we knew, or the next one while a save of ours was without an answer. */
function headIsKnown(mark: JournalMark | null, head: number): boolean {
  if (mark === null || mark.headNumber === head) return true;
  return mark.pending !== null && mark.pending.baseNumber + 1 === head;
}

function replay(
  records: readonly JournalRecord[],
  reach: Reach,
  editor: Editor,
  sync: SyncEngine,
): void {
  const steps = new Replay();
  for (const { sequence, operation } of records) {
    const performed = steps.step(operation);
    editor.recall(operation);
    if (!performed) continue;
    if (sequence > reach.sent) sync.adopt(performed, sequence);
    if (sequence > reach.acknowledged) {
      editor.document.edit("remote", performed.changes);
    } else {
      replayVerdicts(performed.changes, editor);
    }
  }
}

/** Decisions about proposals live only here: they are taken from the journal even when sent. */
function replayVerdicts(changes: readonly Change[], editor: Editor): void {
  const verdicts = changes.filter((change) => change.kind === "verdict");
  editor.document.edit("remote", verdicts);
}
