import { useEffect } from "react";

import { Problem } from "@/api/problem";
import { warmPictures } from "@/viewer-core/warm-pictures";

import { heartbeat, newFrameToken, nextTask } from "./calls";
import type { OpenedTask } from "./open-station";
import { firstLook } from "./places";
import { holderOf } from "./save-door";
import { announceTask } from "./task-claim";

const HEARTBEAT_MS = 30_000;
const TOKEN_MARGIN_MS = 60_000;
/** Timers cannot wait for months; an hour is long enough to ask again. */
const MAX_TOKEN_WAIT_MS = 3_600_000;
const PEEK_AFTER_MS = 4_000;
const LET_GO_AFTER_MS = 10_000;

/** What goes on beside the work: heartbeat, other tabs, a fresh token, the next task's first picture. */
export function useUpkeep(opened: OpenedTask): void {
  useEffect(() => {
    const stops = [keepLock(opened), answerTabs(opened), keepToken(opened), peekNext(opened)];
    return () => {
      for (const stop of stops) stop();
    };
  }, [opened]);
}

function keepLock({ open, station }: OpenedTask): () => void {
  const { lock, task } = open;
  if (!lock) return () => undefined;
  const beat = async (): Promise<void> => {
    if (station.editor.readOnly) return;
    try {
      await heartbeat(task.id, lock.token, station.activity.take());
    } catch (error) {
      // Without an answer the lease simply ages; the next beat tells.
      const isLost = error instanceof Problem && error.status === 409;
      if (isLost) station.sync.loseLock(holderOf(error));
    }
  };
  const timer = setInterval(() => void beat(), HEARTBEAT_MS);
  return () => clearInterval(timer);
}

function answerTabs({ open, station }: OpenedTask): () => void {
  if (!open.lock) return () => undefined;
  return announceTask(open.task.id, async () => {
    await station.sync.flush();
    station.sync.loseLock("Another tab");
  });
}

function keepToken({ open, station }: OpenedTask): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const schedule = (expires: string): void => {
    const left = Date.parse(expires) - Date.now() - TOKEN_MARGIN_MS;
    const wait = Math.min(MAX_TOKEN_WAIT_MS, Math.max(5_000, left));
    timer = setTimeout(() => void renew(), wait);
  };
  const renew = async (): Promise<void> => {
    try {
      const { token, expires_at } = await newFrameToken(station.view.study.id);
      station.setFrameToken(token);
      schedule(expires_at);
    } catch {
      timer = setTimeout(() => void renew(), 10_000);
    }
  };
  if (open.view) schedule(open.view.frame_token.expires_at);
  return () => clearTimeout(timer);
}

/** Have the first pictures of the task that comes next decoded, so that it opens at once. */
function peekNext({ open }: OpenedTask): () => void {
  let isGone = false;
  let letGo = (): void => undefined;
  const peek = async (): Promise<void> => {
    const { task_open } = await nextTask(open.project.id, true);
    const view = task_open?.view;
    if (isGone || !view || task_open.task.id === open.task.id) return;
    letGo = warmPictures(view, firstLook(task_open));
  };
  // A courtesy to the next task: when it fails, that one merely opens a little later.
  const timer = setTimeout(() => void peek().catch(() => undefined), PEEK_AFTER_MS);
  return () => {
    isGone = true;
    clearTimeout(timer);
    // The next station takes the pictures over before they are let go.
    setTimeout(() => letGo(), LET_GO_AFTER_MS);
  };
}
