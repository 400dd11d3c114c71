import { get, post } from "@/api/http";
import { Unreachable } from "@/api/problem";
import type { Id, Job, Page, StudyDetail, Task } from "@/api/types";
import type { GridView } from "@/viewer-core/grid-view";

import type {
  DocumentState,
  FeaturesAnswer,
  FrameToken,
  NextAnswer,
  RevisionNumber,
  RevisionRow,
  SubmitAnswer,
  TaskOpen,
} from "./wire";

interface OpenBody {
  readonly lock_token?: string;
  readonly take_over?: boolean;
}

export function openTask(taskId: Id, body: OpenBody): Promise<TaskOpen> {
  return post<TaskOpen>(`/api/v1/tasks/${taskId}/open`, body);
}

export function nextTask(projectId: Id, peek: boolean): Promise<NextAnswer> {
  return post<NextAnswer>(`/api/v1/projects/${projectId}/next`, peek ? { peek } : {});
}

export function heartbeat(taskId: Id, lockToken: string, activeMs: number): Promise<unknown> {
  const body = { lock_token: lockToken, active_ms: activeMs };
  return post(`/api/v1/tasks/${taskId}/heartbeat`, body);
}

export function submitTask(
  taskId: Id,
  lockToken: string,
  baseNumber: number,
): Promise<SubmitAnswer> {
  const body = { lock_token: lockToken, base_number: baseNumber, open_next: true };
  return post<SubmitAnswer>(`/api/v1/tasks/${taskId}/submit`, body);
}

export function skipTask(taskId: Id, lockToken: string, reason: string): Promise<Task> {
  return post<Task>(`/api/v1/tasks/${taskId}/skip`, { lock_token: lockToken, reason });
}

export function reportProblem(taskId: Id, lockToken: string, text: string): Promise<Task> {
  return post<Task>(`/api/v1/tasks/${taskId}/problem`, { lock_token: lockToken, text });
}

export function gridView(gridId: Id): Promise<GridView> {
  return get<GridView>(`/api/v1/grids/${gridId}/view`);
}

export function studyOf(studyId: Id): Promise<StudyDetail> {
  return get<StudyDetail>(`/api/v1/studies/${studyId}`);
}

export function documentAt(documentId: Id, number?: number): Promise<DocumentState> {
  const query = number === undefined ? {} : { number };
  return get<DocumentState>(`/api/v1/documents/${documentId}`, { query });
}

export function revisions(documentId: Id): Promise<Page<RevisionRow>> {
  return get<Page<RevisionRow>>(`/api/v1/documents/${documentId}/revisions`);
}

export function restoreRevision(
  documentId: Id,
  number: number,
  baseNumber: number,
  lockToken: string,
): Promise<RevisionNumber> {
  return post(`/api/v1/documents/${documentId}/restore`, {
    number,
    base_number: baseNumber,
    lock_token: lockToken,
    request_id: crypto.randomUUID(),
  });
}

export function askFeatures(
  gridId: Id,
  versionId: Id,
  keys: readonly string[],
): Promise<FeaturesAnswer> {
  const body = { version_id: versionId, keys, window: null };
  return post<FeaturesAnswer>(`/api/v1/grids/${gridId}/features`, body);
}

export function jobState(jobId: Id, signal: AbortSignal): Promise<Job> {
  return get<Job>(`/api/v1/jobs/${jobId}`, { signal });
}

export function newFrameToken(studyId: Id): Promise<FrameToken> {
  return post(`/api/v1/studies/${studyId}/frame-token`);
}

/** The bytes of a blob; they never change, so the browser may keep them. */
export async function bytesOf(url: string, signal?: AbortSignal): Promise<ArrayBuffer> {
  const response = await fetch(url, {
    credentials: "same-origin",
    ...(signal ? { signal } : {}),
  });
  if (!response.ok) throw new Unreachable();
  return response.arrayBuffer();
}
