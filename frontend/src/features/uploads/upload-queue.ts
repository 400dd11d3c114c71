import { sentenceOf } from "@/api/sentence";
import type { IngestItem } from "@/api/types";

import {
  hasRoom,
  isSmall,
  NotForAPack,
  type Parcel,
  packed,
  packName,
  parcelOf,
  sentOfEach,
} from "./pack";
import { type FileOutcome, sendFile } from "./send-file";
import {
  type ChosenFile,
  keyOf,
  newItem,
  stageOf,
  type UploadItem,
  type UploadStage,
} from "./upload-item";
import type { RememberedUpload, UploadMemory } from "./upload-memory";
import type { UploadTransport } from "./upload-transport";

const atOnce = 4;
const tellEveryMs = 100;
/** Asking thousands of files for their size blocks the page, unless it gets its turn in between. */
const sliceMs = 8;
const usualChunkBytes = 8 * 1024 * 1024;

interface QueueOptions {
  readonly transport: UploadTransport;
  readonly memory: UploadMemory;
  readonly chunkBytes?: number;
  readonly wait?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Sends any number of files, a few parcels at a time: large files alone, small ones in packs.
 *
 * Items are changed in place and listeners hear of it at most ten times a
 * second, so that 10 000 files cost the page nothing.
 */
export class UploadQueue {
  readonly items: UploadItem[] = [];
  readonly counts: Record<UploadStage, number> = {
    waiting: 0,
    sending: 0,
    reading: 0,
    stored: 0,
    converted: 0,
    kept: 0,
    duplicate: 0,
    quarantined: 0,
    rejected: 0,
    failed: 0,
  };
  totalBytes = 0;
  sentBytes = 0;
  isPaused = false;
  runId: string | null = null;
  /** The de-identification policy of the next delivery; null for what is set for uploads. */
  policy: string | null = null;

  readonly #transport: UploadTransport;
  readonly #memory: UploadMemory;
  readonly #chunkBytes: number;
  readonly #wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly #keys = new Map<string, UploadItem>();
  readonly #listeners = new Set<() => void>();
  #version = 0;
  #telling: ReturnType<typeof setTimeout> | undefined;
  #stop = new AbortController();
  #next = 0;
  #running = 0;
  #packs = 0;
  /** What the server calls the parcels under way, by key; also those of an earlier visit. */
  readonly #remembered = new Map<string, RememberedUpload>();
  #run: Promise<string> | null = null;

  constructor({ transport, memory, chunkBytes = usualChunkBytes, wait = pause }: QueueOptions) {
    this.#chunkBytes = chunkBytes;
    this.#transport = transport;
    this.#memory = memory;
    this.#wait = wait;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  version = (): number => this.#version;

  /** Take files in; what is already in the list is not taken twice. */
  async add(chosen: readonly ChosenFile[]): Promise<void> {
    await this.#recall();
    let sliceEnds = performance.now() + sliceMs;
    for (const one of chosen) {
      if (performance.now() > sliceEnds) {
        await pageHadItsTurn();
        sliceEnds = performance.now() + sliceMs;
      }
      const known = this.#keys.get(keyOf(one));
      if (known && known.stage !== "failed") continue;
      if (known) this.#move(known, "waiting");
      else this.#take(newItem(one));
    }
    this.#next = 0;
    this.#tell();
    this.#pump();
  }

  pause(): void {
    this.isPaused = true;
    this.#stop.abort();
    this.#tell();
  }

  resume(): void {
    this.isPaused = false;
    this.#stop = new AbortController();
    this.#next = 0;
    this.#tell();
    this.#pump();
  }

  retryFailed(): void {
    for (const item of this.items) if (item.stage === "failed") this.#move(item, "waiting");
    this.#next = 0;
    this.#pump();
  }

  /** Tell what the server found in a file it read in the background. */
  settle(name: string, outcomes: readonly IngestItem[]): void {
    const item = this.items.find((one) => one.name === name && one.stage === "reading");
    if (!item) return;
    item.outcomes = outcomes;
    this.#move(item, stageOf(outcomes));
  }

  clear(): void {
    this.pause();
    this.items.length = 0;
    this.#keys.clear();
    for (const stage of Object.keys(this.counts) as UploadStage[]) this.counts[stage] = 0;
    this.#remembered.clear();
    Object.assign(this, { totalBytes: 0, sentBytes: 0, runId: null, isPaused: false });
    this.#run = null;
    this.#stop = new AbortController();
    this.#next = 0;
    this.#tell();
  }

  async #recall(): Promise<void> {
    const uploads = await this.#memory.all().catch(() => []);
    for (const upload of uploads) this.#remembered.set(upload.key, upload);
  }

  #take(item: UploadItem): void {
    this.items.push(item);
    this.#keys.set(item.key, item);
    this.counts.waiting += 1;
    this.totalBytes += item.file.size;
  }

  #pump(): void {
    while (!this.isPaused && this.#running < atOnce) {
      const parcel = this.#nextParcel();
      if (!parcel) break;
      this.#running += 1;
      void this.#send(parcel, this.#stop.signal).finally(() => {
        this.#running -= 1;
        this.#pump();
        this.#finishWhenDone();
      });
    }
  }

  /** The next file, with the small ones that follow it as long as they fit into one pack. */
  #nextParcel(): Parcel | null {
    const first = this.#nextWaiting();
    if (!first) return null;
    const items = [first];
    let bytes = first.file.size;
    this.#next += 1;
    while (isSmall(first)) {
      const item = this.#nextWaiting();
      if (!item || !isSmall(item) || !hasRoom(items, bytes, item)) break;
      items.push(item);
      bytes += item.file.size;
      this.#next += 1;
    }
    return parcelOf(items);
  }

  #nextWaiting(): UploadItem | null {
    for (; this.#next < this.items.length; this.#next += 1) {
      const item = this.items[this.#next];
      if (item?.stage === "waiting") return item;
    }
    return null;
  }

  async #send(parcel: Parcel, signal: AbortSignal): Promise<void> {
    for (const item of parcel.items) this.#move(item, "sending");
    try {
      const { name, file } = await this.#wrapped(parcel);
      const outcomes = await sendFile({
        transport: this.#transport,
        runId: await this.#ensureRun(parcel.key),
        name,
        file,
        uploadId: this.#remembered.get(parcel.key)?.uploadId ?? null,
        chunkBytes: this.#chunkBytes,
        signal,
        onBegun: (uploadId) => this.#begun(parcel, uploadId),
        onSent: (bytes) => this.#sent(parcel, file.size, bytes),
        onWaiting: (error) => this.#say(parcel, sentenceOf(error)),
        wait: this.#wait,
      });
      this.#settleParcel(parcel, outcomes);
      await this.#forget(parcel.key);
    } catch (error) {
      this.#broke(parcel, error, signal);
    }
  }

  async #wrapped(parcel: Parcel): Promise<{ readonly name: string; readonly file: Blob }> {
    const [first] = parcel.items;
    if (first && parcel.items.length === 1) return { name: first.name, file: first.file };
    this.#packs += 1;
    return { name: packName(this.#packs), file: await packed(parcel) };
  }

  #settleParcel({ items }: Parcel, outcomes: FileOutcome): void {
    const [first] = items;
    if (first && items.length === 1) {
      first.outcomes = outcomes ?? [];
      this.#move(first, outcomes === null ? "reading" : stageOf(outcomes));
      return;
    }
    // A pack's members are answered in their order; one that was refused whole is unpacked here.
    const isUnderstood = outcomes?.length === items.length;
    for (const [index, item] of items.entries()) {
      this.#settleMember(item, isUnderstood ? outcomes[index] : undefined);
    }
  }

  #settleMember(item: UploadItem, outcome: IngestItem | undefined): void {
    if (outcome) {
      item.outcomes = [{ ...outcome, name: item.name }];
      this.#move(item, stageOf(item.outcomes));
      return;
    }
    item.travelsAlone = true;
    this.#move(item, "waiting");
    this.#next = 0;
  }

  #broke(parcel: Parcel, error: unknown, signal: AbortSignal): void {
    if (error instanceof NotForAPack) error.item.travelsAlone = true;
    const isWaiting = signal.aborted || error instanceof NotForAPack;
    if (isWaiting) this.#next = 0;
    for (const item of parcel.items) {
      if (!this.#keys.has(item.key)) continue;
      this.#move(item, isWaiting ? "waiting" : "failed");
      if (!isWaiting) item.message = sentenceOf(error);
    }
  }

  /** The delivery these files belong to; that of an earlier visit, where one is gone on with. */
  #ensureRun(parcelKey: string): Promise<string> {
    const earlier = this.#remembered.get(parcelKey)?.runId;
    if (earlier !== undefined) {
      this.#run ??= Promise.resolve(earlier);
      this.runId ??= earlier;
    }
    if (this.#run) return this.#run;
    const label = new Date().toISOString().slice(0, 16).replace("T", " ");
    const run = this.#transport.createRun(`Upload of ${label}`, this.policy);
    this.#run = run;
    run.then(
      (id) => {
        this.runId = id;
      },
      () => {
        this.#run = null;
      },
    );
    return run;
  }

  #finishWhenDone(): void {
    const isDone = this.counts.waiting + this.counts.sending + this.counts.failed === 0;
    if (!isDone || this.#running > 0 || !this.runId || this.items.length === 0) return;
    void this.#transport.finishRun(this.runId).catch(() => undefined);
    this.#run = null;
  }

  #begun({ key }: Parcel, uploadId: string): void {
    const upload = { key, runId: this.runId ?? "", uploadId, at: Date.now() };
    this.#remembered.set(key, upload);
    void this.#memory.remember(upload).catch(() => undefined);
  }

  async #forget(key: string): Promise<void> {
    this.#remembered.delete(key);
    await this.#memory.forget(key).catch(() => undefined);
  }

  #sent(parcel: Parcel, size: number, bytes: number): void {
    const each = sentOfEach(parcel, size, bytes);
    for (const [index, item] of parcel.items.entries()) {
      const now = each[index] ?? 0;
      this.sentBytes += now - item.sentBytes;
      item.sentBytes = now;
    }
    this.#say(parcel, "");
  }

  #say({ items }: Parcel, message: string): void {
    for (const item of items) item.message = message;
    this.#tell();
  }

  #move(item: UploadItem, stage: UploadStage): void {
    if (!this.#keys.has(item.key)) return;
    this.counts[item.stage] -= 1;
    this.counts[stage] += 1;
    item.stage = stage;
    item.message = "";
    this.#tell();
  }

  #tell(): void {
    if (this.#telling !== undefined) return;
    this.#telling = setTimeout(() => {
      this.#telling = undefined;
      this.#version += 1;
      for (const listener of this.#listeners) listener();
    }, tellEveryMs);
  }
}

function pageHadItsTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
