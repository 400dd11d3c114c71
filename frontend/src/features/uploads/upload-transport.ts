import { csrfToken, post } from "@/api/http";
import { problemFrom, Unreachable } from "@/api/problem";
import type { IngestRun, UploadState } from "@/api/types";

/** What the upload engine needs from a server; tests bring their own. */
export interface UploadTransport {
  /** `policy` names how identities are removed; null leaves it to what is set for uploads. */
  createRun(label: string, policy: string | null): Promise<string>;
  createUpload(runId: string, name: string, size: number): Promise<UploadState>;
  /** How many bytes of an upload the server holds durably, and what became of a whole one. */
  readState(uploadId: string): Promise<UploadState>;
  /** Send the bytes that begin at `offset`. */
  sendChunk(
    uploadId: string,
    offset: number,
    bytes: Blob,
    signal: AbortSignal,
  ): Promise<UploadState>;
  finishRun(runId: string): Promise<void>;
}

export const httpTransport: UploadTransport = {
  async createRun(label, policy) {
    const body = { source: "browser", label, ...(policy && { policy }) };
    const run = await post<IngestRun>("/api/v1/ingest-runs", body);
    return String(run.id);
  },
  createUpload(runId, name, size) {
    return post<UploadState>("/api/v1/uploads", { run_id: runId, name, size });
  },
  async readState(uploadId) {
    const response = await request(`/api/v1/uploads/${uploadId}`, { method: "GET" });
    return (await response.json()) as UploadState;
  },
  async sendChunk(uploadId, offset, bytes, signal) {
    const response = await request(`/api/v1/uploads/${uploadId}`, {
      method: "PATCH",
      body: bytes,
      signal,
      headers: {
        "Content-Type": "application/offset+octet-stream",
        "Upload-Offset": String(offset),
        "X-CSRFToken": csrfToken(),
      },
    });
    return (await response.json()) as UploadState;
  },
  async finishRun(runId) {
    await post(`/api/v1/ingest-runs/${runId}/finish`);
  },
};

async function request(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, { ...init, credentials: "same-origin" }).catch((error) => {
    if (init.signal?.aborted) throw error;
    throw new Unreachable();
  });
  if (!response.ok) throw await problemFrom(response);
  return response;
}
