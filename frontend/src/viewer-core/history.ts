import { type Entry, entryBytes } from "./change";

export const HISTORY_LIMIT_BYTES = 64 * 1024 * 1024;

/**
 * What can be undone and redone.
 *
 * It holds deltas, and is limited in bytes: a hundred strokes weigh little, one accepted volume may
 * weigh much. The newest entry always stays, however heavy.
 */
export class History {
  private readonly done: Entry[] = [];
  private undone: Entry[] = [];
  private bytes = 0;
  private readonly limit: number;

  constructor(limit: number = HISTORY_LIMIT_BYTES) {
    this.limit = limit;
  }

  /** Remember an entry; what had been undone before is forgotten. Returns the entries dropped for space. */
  push(entry: Entry): Entry[] {
    this.forgetUndone();
    this.done.push(entry);
    this.bytes += entryBytes(entry);
    const dropped: Entry[] = [];
    while (this.bytes > this.limit && this.done.length > 1) {
      const oldest = this.done.shift();
      if (!oldest) break;
      this.bytes -= entryBytes(oldest);
      dropped.push(oldest);
    }
    return dropped;
  }

  /** The entry to undo now, moved to the side of what may be redone. */
  undo(): Entry | null {
    const entry = this.done.pop();
    if (!entry) return null;
    this.undone.push(entry);
    return entry;
  }

  redo(): Entry | null {
    const entry = this.undone.pop();
    if (!entry) return null;
    this.done.push(entry);
    return entry;
  }

  clear(): void {
    this.done.length = 0;
    this.undone = [];
    this.bytes = 0;
  }

  get undoable(): readonly Entry[] {
    return this.done;
  }

  get redoable(): readonly Entry[] {
    return this.undone;
  }

  /** Weight of everything kept, undone entries included. */
  get heldBytes(): number {
    return this.bytes;
  }

  private forgetUndone(): void {
    for (const entry of this.undone) this.bytes -= entryBytes(entry);
    this.undone = [];
  }
}
