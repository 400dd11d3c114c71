import { Problem } from "@/api/problem";
import type { Id } from "@/api/types";
import { lockOf, rememberLock } from "@/lib/task-lock";

import { openTask } from "./calls";
import { holderOf } from "./save-door";
import type { TaskOpen } from "./wire";

/** The task is open in another tab or by somebody else. */
export class OpenElsewhere extends Error {
  readonly holderName: string;
  readonly isSamePerson: boolean;

  constructor(holderName: string, isSamePerson: boolean) {
    super(`${holderName} has this task open.`);
    this.holderName = holderName;
    this.isSamePerson = isSamePerson;
  }
}

type TabMessage =
  | { readonly kind: "who-has" | "hand-over"; readonly taskId: Id; readonly from: string }
  | { readonly kind: "i-have" | "handed-over"; readonly taskId: Id; readonly to: string };

const CHANNEL = "limn-tasks";
const ANSWER_MS = 120;
const HAND_OVER_MS = 2_000;
/** The lock's token is this browser's; which of its tabs may use it is asked every time. */
const tab = crypto.randomUUID();
const heldHere = new Set<Id>();
/** Tasks that the server opened together with a submission: no second call is needed. */
const opened = new Map<Id, TaskOpen>();

export function keepOpened(open: TaskOpen): void {
  opened.set(open.task.id, open);
  keepLock(open);
}

function lockKey(taskId: Id): string {
  return `limn-lock-${taskId}`;
}

function keepLock(open: TaskOpen): void {
  if (open.lock) rememberLock(open.task.id, open.lock.token);
}

/** Open a task in this tab; throws {@link OpenElsewhere} when another one holds it. */
export async function claimTask(taskId: Id, takeOver: boolean): Promise<TaskOpen> {
  const known = opened.get(taskId);
  opened.delete(taskId);
  if (known && !takeOver) return known;
  if (takeOver) await ask({ kind: "hand-over", taskId, from: tab });
  const token = takeOver ? null : lockOf(taskId);
  const mayUse = token !== null && !(await isOpenInOtherTab(taskId));
  try {
    const body = { take_over: takeOver, ...(mayUse ? { lock_token: token } : {}) };
    const open = await openTask(taskId, body);
    keepLock(open);
    return open;
  } catch (error) {
    if (error instanceof Problem && error.code === "task.open_elsewhere") {
      throw new OpenElsewhere(holderOf(error), error.extra["same_user"] === true);
    }
    throw error;
  }
}

/** Whether another tab of this browser has the task on its screen, also one that sleeps. */
async function isOpenInOtherTab(taskId: Id): Promise<boolean> {
  if (heldHere.has(taskId)) return false;
  // Without a secure connection browsers have no locks; then the tab itself must answer.
  if (!("locks" in navigator)) return ask({ kind: "who-has", taskId, from: tab });
  const { held = [] } = await navigator.locks.query();
  return held.some(({ name }) => name === lockKey(taskId));
}

/** Hold the browser's lock of a task until the returned function is called. */
function holdTabLock(taskId: Id): () => void {
  if (!("locks" in navigator)) return () => undefined;
  const released = new AbortController();
  heldHere.add(taskId);
  const whenReleased = new Promise<void>((resolve) => {
    released.signal.addEventListener("abort", () => resolve(), { once: true });
  });
  void navigator.locks.request(lockKey(taskId), () => whenReleased);
  return () => {
    heldHere.delete(taskId);
    released.abort();
  };
}

/** Ask the other tabs of this browser; true when one of them has the task. */
function ask(question: Extract<TabMessage, { from: string }>): Promise<boolean> {
  const channel = new BroadcastChannel(CHANNEL);
  return new Promise<boolean>((resolve) => {
    const done = (answer: boolean): void => {
      clearTimeout(timer);
      channel.close();
      resolve(answer);
    };
    let timer = setTimeout(() => done(false), ANSWER_MS);
    channel.onmessage = ({ data }: MessageEvent<TabMessage>) => {
      if (!("to" in data) || data.to !== tab || data.taskId !== question.taskId) return;
      if (question.kind === "who-has" || data.kind === "handed-over") {
        done(true);
        return;
      }
      // It has the task and brings its last edits to the server first.
      clearTimeout(timer);
      timer = setTimeout(() => done(true), HAND_OVER_MS);
    };
    channel.postMessage(question);
  });
}

/** Answer other tabs while a task is open here; `handOver` saves and lets go. */
export function announceTask(taskId: Id, handOver: () => Promise<void>): () => void {
  const letGo = holdTabLock(taskId);
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }: MessageEvent<TabMessage>) => {
    if (!("from" in data) || data.taskId !== taskId || data.from === tab) return;
    const reply = (kind: "i-have" | "handed-over"): void => {
      channel.postMessage({ kind, taskId, to: data.from } satisfies TabMessage);
    };
    reply("i-have");
    if (data.kind === "hand-over") void handOver().finally(() => reply("handed-over"));
  };
  return () => {
    channel.close();
    letGo();
  };
}
