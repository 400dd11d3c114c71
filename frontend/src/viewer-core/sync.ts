import type { Performed } from "./editor";
import type { Journal, PendingSave } from "./journal";
import type { LabelDocument } from "./label-document";
import { buildSaveBody, type SaveBody, Unsaved } from "./save-body";
import { LockLost, SaveConflict, SaveRefused } from "./save-errors";
import { Store } from "./store";

/** Where the work is. It never says "saved" before the server did. */
export type SyncStatus =
  | { readonly kind: "saved" }
  | { readonly kind: "saving" }
  | { readonly kind: "offline"; readonly edits: number }
  | { readonly kind: "conflict"; readonly headNumber: number }
  | { readonly kind: "lock-lost"; readonly holderName: string }
  | { readonly kind: "refused"; readonly reason: string; readonly edits: number };

/**
 * The way to the server. Throws {@link SaveConflict}, {@link LockLost} or {@link SaveRefused} for
 * what was answered, anything else when there was no answer.
 */
export interface SaveDoor {
  save(documentId: string, body: SaveBody): Promise<{ readonly number: number }>;
}

export interface SyncOptions {
  readonly document: LabelDocument;
  readonly documentId: string;
  readonly journal: Journal;
  readonly door: SaveDoor;
  readonly headNumber: number;
  readonly lockToken: string;
  readonly takeActiveMs: () => number;
  /** Waits in milliseconds: before a save is gathered, and between tries (the last one repeats). */
  readonly gatherMs?: number;
  readonly retryMs?: readonly number[];
}

const GATHER_MS = 400;
const RETRY_MS = [1_000, 2_000, 4_000, 8_000, 15_000];

/**
 * Brings edits to the journal and from there to the server.
 *
 * One save is under way at a time. A save without an answer is sent again word for word under the
 * same id, so that it cannot be stored twice; a refused one stops the engine until it is resolved.
 */
export class SyncEngine {
  readonly status = new Store<SyncStatus>({ kind: "saved" });
  private readonly options: SyncOptions;
  private unsaved = new Unsaved();
  private pending: PendingSave | null = null;
  private pendingOperations = 0;
  private head: number;
  private acknowledged = 0;
  private lastSequence = 0;
  private writes: Promise<void> = Promise.resolve();
  private running: Promise<void> | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private failures = 0;
  private closed = false;

  constructor(options: SyncOptions) {
    this.options = options;
    this.head = options.headNumber;
  }

  get headNumber(): number {
    return this.head;
  }

  /** Edits that the server is not known to have. */
  get unsentOperations(): number {
    return this.unsaved.operations + this.pendingOperations;
  }

  /** A finished edit: into the journal now, to the server within a second. */
  note(performed: Performed): void {
    this.unsaved.add(performed.changes, performed.provenance);
    this.writes = this.writes
      .then(() => this.options.journal.append(this.options.documentId, performed.operation))
      .then((sequence) => {
        this.lastSequence = sequence;
      })
      .catch(() => undefined);
    if (this.isStopped()) return;
    if (this.status.get().kind === "saved") this.status.set({ kind: "saving" });
    this.publishWaiting();
    this.schedule(this.failures === 0 ? (this.options.gatherMs ?? GATHER_MS) : null);
  }

  /** An edit found in the journal that the server may not have: it is sent, not written again. */
  adopt(performed: Performed, sequence: number): void {
    this.unsaved.add(performed.changes, performed.provenance);
    this.lastSequence = Math.max(this.lastSequence, sequence);
  }

  /** Go on from what the journal says: acknowledged so far, and a save that may be half-way. */
  async resume(
    acknowledged: number,
    lastSequence: number,
    pending: PendingSave | null,
  ): Promise<void> {
    this.acknowledged = acknowledged;
    this.lastSequence = Math.max(this.lastSequence, lastSequence);
    this.pending = pending;
    this.pendingOperations = pending ? 1 : 0;
    await this.writeMark();
    if (this.unsentOperations > 0) {
      this.status.set({ kind: "saving" });
      this.schedule(0);
    }
  }

  /** Save everything now; true when the server has it all. */
  async flush(): Promise<boolean> {
    this.cancelTimer();
    await this.run();
    return this.unsentOperations === 0;
  }

  /** The network may be back. */
  retryNow(): void {
    if (this.isStopped() || this.unsentOperations === 0) return;
    this.schedule(0);
  }

  /** Resolve a conflict by putting this computer's edits on top of the newer head. */
  keepMine(headNumber: number): void {
    this.head = headNumber;
    this.failures = 0;
    this.status.set({ kind: "saving" });
    this.schedule(0);
  }

  /** Resolve a conflict by forgetting this computer's edits; the caller loads the server's state. */
  async takeTheirs(headNumber: number): Promise<void> {
    await this.writes;
    this.unsaved = new Unsaved();
    this.pending = null;
    this.pendingOperations = 0;
    this.head = headNumber;
    this.acknowledged = this.lastSequence;
    await this.options.journal.clear(this.options.documentId);
    await this.writeMark();
    this.status.set({ kind: "saved" });
  }

  /** Stop for good: somebody else holds the task now. Edits stay in the journal. */
  loseLock(holderName: string): void {
    this.cancelTimer();
    this.status.set({ kind: "lock-lost", holderName });
  }

  /** The state on the server moved on without these edits; ask before anything is sent. */
  declareConflict(headNumber: number): void {
    this.cancelTimer();
    this.status.set({ kind: "conflict", headNumber });
  }

  close(): void {
    this.closed = true;
    this.cancelTimer();
  }

  private isStopped(): boolean {
    const { kind } = this.status.get();
    return this.closed || kind === "conflict" || kind === "lock-lost";
  }

  private schedule(delay: number | null): void {
    if (delay === null || this.closed) return;
    if (this.timer !== null && delay > 0) return;
    this.cancelTimer();
    this.timer = setTimeout(() => {
      this.timer = null;
      void this.run();
    }, delay);
  }

  private cancelTimer(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private async run(): Promise<void> {
    if (this.running) await this.running;
    if (this.isStopped()) return;
    this.running = this.sendAll().finally(() => {
      this.running = null;
    });
    await this.running;
  }

  private async sendAll(): Promise<void> {
    await this.written();
    while (this.unsentOperations > 0 && !this.isStopped()) {
      if (this.pending === null && this.unsaved.isLocal) {
        await this.settleLocally();
        return;
      }
      const pending = this.pending ?? (await this.prepare());
      if (!(await this.send(pending))) return;
    }
  }

  /** All edits so far are in the journal. */
  private async written(): Promise<void> {
    let seen: Promise<void>;
    do {
      seen = this.writes;
      await seen;
    } while (seen !== this.writes);
  }

  /** Nothing for the server: being in the journal is being saved. */
  private async settleLocally(): Promise<void> {
    await this.written();
    if (!this.unsaved.isLocal) return this.sendAll();
    this.unsaved = new Unsaved();
    this.acknowledged = this.lastSequence;
    await this.writeMark();
    this.status.set({ kind: "saved" });
  }

  private async prepare(): Promise<PendingSave> {
    await this.written();
    const { document, lockToken, takeActiveMs } = this.options;
    const unsaved = this.unsaved;
    const upTo = this.lastSequence;
    this.unsaved = new Unsaved();
    this.pendingOperations = unsaved.operations;
    const body = await buildSaveBody(document, unsaved, {
      baseNumber: this.head,
      lockToken,
      activeMs: takeActiveMs(),
    });
    this.pending = { requestId: body.request_id, baseNumber: this.head, upTo, body };
    await this.writeMark();
    return this.pending;
  }

  private async send(pending: PendingSave): Promise<boolean> {
    const { door, documentId, lockToken } = this.options;
    // The lock may be a newer one than when the save was written down; its content stays the same.
    const body = { ...(pending.body as SaveBody), lock_token: lockToken };
    try {
      const { number } = await door.save(documentId, body);
      await this.settle(pending, number);
      return true;
    } catch (error) {
      await this.fail(error, body);
      return false;
    }
  }

  private async settle(pending: PendingSave, number: number): Promise<void> {
    this.head = number;
    this.acknowledged = pending.upTo;
    this.pending = null;
    this.pendingOperations = 0;
    this.failures = 0;
    await this.writeMark();
    this.status.set(this.unsaved.isEmpty ? { kind: "saved" } : { kind: "saving" });
  }

  private async fail(error: unknown, body: SaveBody): Promise<void> {
    if (error instanceof SaveConflict) {
      await this.takeBack(body);
      this.status.set({ kind: "conflict", headNumber: error.headNumber });
    } else if (error instanceof LockLost) {
      this.status.set({ kind: "lock-lost", holderName: error.holderName });
    } else {
      if (error instanceof SaveRefused) await this.takeBack(body);
      this.failures++;
      this.publishFailure(error);
      this.scheduleRetry();
    }
  }

  /** A refused save is not under way any more: what it carried is unsaved again. */
  private async takeBack(body: SaveBody): Promise<void> {
    this.unsaved.restore(body, this.pendingOperations);
    this.pending = null;
    this.pendingOperations = 0;
    await this.writeMark();
  }

  private publishFailure(error: unknown): void {
    const edits = this.unsentOperations;
    if (error instanceof SaveRefused) {
      this.status.set({ kind: "refused", reason: error.message, edits });
    } else {
      this.status.set({ kind: "offline", edits });
    }
  }

  /** While offline, the count of kept edits stays true. */
  private publishWaiting(): void {
    const status = this.status.get();
    if (status.kind === "offline" || status.kind === "refused") {
      this.status.set({ ...status, edits: this.unsentOperations });
    }
  }

  private scheduleRetry(): void {
    const waits = this.options.retryMs ?? RETRY_MS;
    const wait = waits[Math.min(this.failures, waits.length) - 1];
    this.cancelTimer();
    this.schedule(wait ?? 1_000);
  }

  private async writeMark(): Promise<void> {
    const { journal, documentId } = this.options;
    const { acknowledged, head: headNumber, pending } = this;
    await journal.setMark({ documentId, acknowledged, headNumber, pending }).catch(() => undefined);
  }
}
