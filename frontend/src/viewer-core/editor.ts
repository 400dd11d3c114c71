import { type Change, type Entry, invert, type Provenance } from "./change";
import { Gesture } from "./gesture";
import { History } from "./history";
import type { LabelDocument } from "./label-document";
import { Store } from "./store";

/** What happened, in the order in which it happened: the journal is a list of these. */
export type Operation =
  | { readonly kind: "do"; readonly entry: Entry }
  | { readonly kind: "undo"; readonly entryId: string }
  | { readonly kind: "redo"; readonly entryId: string };

/** An operation and what it did to the document. */
export interface Performed {
  readonly operation: Operation;
  readonly changes: readonly Change[];
  readonly provenance: Provenance | null;
}

export interface HistoryState {
  readonly undo: string | null;
  readonly redo: string | null;
}

/**
 * The user's hand on the document: edits, undo, redo.
 *
 * Every finished edit is applied, remembered and reported once, in that order. Reading only
 * ("somebody else has taken the task over") refuses all of them.
 */
export class Editor {
  readonly document: LabelDocument;
  readonly state = new Store<HistoryState>({ undo: null, redo: null });
  readOnly = false;
  private readonly history: History;
  private readonly report: (performed: Performed) => void;

  constructor(
    document: LabelDocument,
    report: (performed: Performed) => void,
    history: History = new History(),
  ) {
    this.document = document;
    this.report = report;
    this.history = history;
  }

  /** Make an edit out of changes that are not applied yet. */
  edit(label: string, changes: readonly Change[], provenance: Provenance | null): Entry | null {
    if (this.readOnly || changes.length === 0) return null;
    this.document.edit("user", changes);
    return this.remember(label, changes, provenance);
  }

  /** Begin a gesture that writes voxels in place; it ends in one edit or leaves no trace. */
  gesture(): Gesture | null {
    if (this.readOnly) return null;
    return new Gesture(this.document, (label, changes, provenance) => {
      this.remember(label, changes, provenance);
    });
  }

  undo(): boolean {
    if (this.readOnly) return false;
    const entry = this.history.undo();
    if (!entry) return false;
    const changes = entry.changes.map(invert).reverse();
    this.document.edit("user", changes);
    this.finish({ kind: "undo", entryId: entry.id }, changes, retold("undo", entry.provenance));
    return true;
  }

  redo(): boolean {
    if (this.readOnly) return false;
    const entry = this.history.redo();
    if (!entry) return false;
    this.document.edit("user", entry.changes);
    this.finish({ kind: "redo", entryId: entry.id }, entry.changes, entry.provenance);
    return true;
  }

  /** Rebuild the history from the journal without touching the document. */
  recall(operation: Operation): void {
    if (operation.kind === "do") this.history.push(operation.entry);
    else if (operation.kind === "undo") this.history.undo();
    else this.history.redo();
    this.publish();
  }

  /** The server's state was taken as a whole: old differences fit it no longer. */
  forget(): void {
    this.history.clear();
    this.publish();
  }

  private remember(
    label: string,
    changes: readonly Change[],
    provenance: Provenance | null,
  ): Entry {
    const entry = { id: crypto.randomUUID(), label, at: Date.now(), changes, provenance };
    this.history.push(entry);
    this.finish({ kind: "do", entry }, changes, provenance);
    return entry;
  }

  private finish(
    operation: Operation,
    changes: readonly Change[],
    provenance: Provenance | null,
  ): void {
    this.publish();
    this.report({ operation, changes, provenance });
  }

  private publish(): void {
    this.state.set({
      undo: this.history.undoable.at(-1)?.label ?? null,
      redo: this.history.redoable.at(-1)?.label ?? null,
    });
  }
}

/** Taking an edit back is told under its own name, with the origin of what was taken back. */
function retold(tool: string, provenance: Provenance | null): Provenance | null {
  return provenance && { ...provenance, tool };
}
