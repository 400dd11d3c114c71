import { unzipSync } from "fflate";

import { Problem, Unreachable } from "@/api/problem";
import type { IngestItem, UploadState } from "@/api/types";

interface Stored {
  readonly name: string;
  readonly size: number;
  bytes: Uint8Array;
}

/** An upload door in memory, which can be made to fail the way networks do. */
export class FakeUploadServer {
  readonly uploads = new Map<string, Stored>();
  readonly finished: string[] = [];
  readonly chunkOffsets: number[] = [];
  runs = 0;
  /** How many of the next chunks fail before a byte arrives. */
  failBefore = 0;
  /** How many of the next chunks are stored, and their answer lost. */
  failAfter = 0;
  rejectWith: Problem | null = null;
  /** Answer for a pack as for one file that is not understood. */
  refusesPacks = false;

  async createRun(): Promise<string> {
    this.runs += 1;
    return `run-${this.runs}`;
  }

  async createUpload(_runId: string, name: string, size: number): Promise<UploadState> {
    const id = `upload-${this.uploads.size + 1}`;
    this.uploads.set(id, { name, size, bytes: new Uint8Array() });
    return this.#state(id);
  }

  async readState(uploadId: string): Promise<UploadState> {
    return this.#state(uploadId);
  }

  async sendChunk(
    uploadId: string,
    offset: number,
    bytes: Blob,
    signal: AbortSignal,
  ): Promise<UploadState> {
    signal.throwIfAborted();
    if (this.rejectWith) throw this.rejectWith;
    if (this.failBefore > 0) {
      this.failBefore -= 1;
      throw new Unreachable();
    }
    const stored = this.#stored(uploadId);
    this.chunkOffsets.push(offset);
    const isWhole = stored.size > 0 && stored.bytes.length === stored.size;
    if (isWhole || offset !== stored.bytes.length)
      throw new Problem(409, { code: "upload.offset_mismatch" });
    stored.bytes = joined(stored.bytes, new Uint8Array(await bytes.arrayBuffer()));
    if (this.failAfter > 0) {
      this.failAfter -= 1;
      throw new Unreachable();
    }
    return this.#state(uploadId);
  }

  async finishRun(runId: string): Promise<void> {
    this.finished.push(runId);
  }

  #state(id: string): UploadState {
    const stored = this.#stored(id);
    const isDone = stored.bytes.length === stored.size;
    const outcome = isDone ? this.#outcome(stored) : null;
    const state = isDone ? "done" : "receiving";
    return { id, offset: stored.bytes.length, state, job_id: null, outcome };
  }

  #outcome({ name, bytes }: Stored): IngestItem[] {
    if (!name.endsWith(".zip") || this.refusesPacks) return [storedItem(name)];
    return Object.keys(unzipSync(bytes)).map((member) => storedItem(`${name}/${member}`));
  }

  #stored(uploadId: string): Stored {
    const stored = this.uploads.get(uploadId);
    if (!stored) throw new Problem(404, { code: "not_found" });
    return stored;
  }
}

function storedItem(name: string): IngestItem {
  return {
    name,
    outcome: "stored",
    code: null,
    reason: null,
    next_step: null,
    instance_uid: "1.2",
  };
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
