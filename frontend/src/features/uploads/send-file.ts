import { isWorthRetrying } from "@/api/http";
import { Problem } from "@/api/problem";
import type { IngestItem, UploadState } from "@/api/types";

import type { UploadTransport } from "./upload-transport";

interface Sending {
  readonly transport: UploadTransport;
  readonly runId: string;
  readonly name: string;
  readonly file: Blob;
  /** The upload an earlier visit began, if any. */
  readonly uploadId: string | null;
  readonly chunkBytes: number;
  readonly signal: AbortSignal;
  readonly onBegun: (uploadId: string) => void;
  readonly onSent: (bytes: number) => void;
  /** Told while the server cannot be reached, so that the reader knows why nothing moves. */
  readonly onWaiting: (reason: unknown) => void;
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

const mostLooks = 40;

/** Null while the server still reads the file in the background. */
export type FileOutcome = readonly IngestItem[] | null;

/**
 * Send one file, from wherever the server says it stopped.
 *
 * A broken connection is waited out without an end: the person may pause or
 * leave, but a network that is away for an hour loses nothing. The server is
 * asked again after each failure, because bytes whose answer was lost may have
 * been stored, and even taken in.
 */
export async function sendFile(sending: Sending): Promise<FileOutcome> {
  let state = await begin(sending);
  for (let [failures, looks] = [0, 0]; ; ) {
    sending.signal.throwIfAborted();
    if (state.outcome || state.job_id) return state.outcome;
    try {
      if (state.state === "ingesting") state = await lookAgain(sending, state, looks++);
      else state = await sendNext(sending, state);
      failures = 0;
      sending.onSent(state.offset);
    } catch (error) {
      state = await recover(sending, state, error, failures);
      failures += 1;
    }
  }
}

function sendNext(sending: Sending, { id, offset }: UploadState) {
  const bytes = sending.file.slice(offset, offset + sending.chunkBytes);
  return sending.transport.sendChunk(id, offset, bytes, sending.signal);
}

/**
 * All bytes are there, and a request whose answer was lost is taking them in. If that takes
 * minutes, the server was stopped over it: the file is sent anew, which harms nothing.
 */
async function lookAgain(
  sending: Sending,
  { id }: UploadState,
  looks: number,
): Promise<UploadState> {
  if (looks >= mostLooks) return await create(sending);
  await sending.wait(backoffMs(Math.min(looks, 3)), sending.signal);
  return await sending.transport.readState(id);
}

async function begin(sending: Sending): Promise<UploadState> {
  if (sending.uploadId === null) return await create(sending);
  return await ask(sending, sending.uploadId);
}

async function create(sending: Sending): Promise<UploadState> {
  const { transport, runId, name, file } = sending;
  const upload = await persist(sending, () => transport.createUpload(runId, name, file.size));
  sending.onBegun(upload.id);
  return upload;
}

/** Where the server stands; an upload it has forgotten begins anew. */
async function ask(sending: Sending, uploadId: string): Promise<UploadState> {
  try {
    const state = await persist(sending, () => sending.transport.readState(uploadId));
    sending.onSent(state.offset);
    return state;
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return await create(sending);
    throw error;
  }
}

async function recover(
  sending: Sending,
  state: UploadState,
  error: unknown,
  failures: number,
): Promise<UploadState> {
  sending.signal.throwIfAborted();
  const isElsewhere = error instanceof Problem && (error.status === 409 || error.status === 404);
  if (!isElsewhere && !isWorthRetrying(error)) throw error;
  if (isElsewhere && failures > 5) throw error;
  if (!isElsewhere || failures > 0) {
    sending.onWaiting(error);
    await sending.wait(backoffMs(failures), sending.signal);
  }
  return await ask(sending, state.id);
}

/** Repeat a small request until the server answers it. */
async function persist<T>(sending: Sending, request: () => Promise<T>): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    sending.signal.throwIfAborted();
    try {
      return await request();
    } catch (error) {
      if (!isWorthRetrying(error)) throw error;
      sending.onWaiting(error);
      await sending.wait(backoffMs(failures), sending.signal);
    }
  }
}

function backoffMs(failures: number): number {
  return Math.min(15_000, 500 * 2 ** failures);
}
