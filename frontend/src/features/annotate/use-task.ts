import { useCallback, useEffect, useState } from "react";

import { sentenceOf } from "@/api/sentence";
import type { Id } from "@/api/types";

import type { OpenedTask } from "./open-station";
import { firstLook } from "./places";
import { claimTask, OpenElsewhere } from "./task-claim";
import type { TaskOpen } from "./wire";

export type TaskState =
  | { readonly kind: "opening" }
  | { readonly kind: "open"; readonly opened: OpenedTask }
  | { readonly kind: "elsewhere"; readonly by: OpenElsewhere }
  | { readonly kind: "failed"; readonly sentence: string };

/** The viewer's code is large: it travels while the server opens the task. */
const loadStation = () => import("./open-station");

async function openTask(taskId: Id, takeOver: boolean): Promise<OpenedTask> {
  const code = loadStation();
  const open = await claimTask(taskId, takeOver);
  warmFirstFrame(open);
  return (await code).openStation(open);
}

/** Ask for the first picture before the viewer's code is there; it will find it in the cache. */
function warmFirstFrame(open: TaskOpen): void {
  const { view } = open;
  if (!view) return;
  const headers = { "X-Limn-Frames": view.frame_token.token };
  const url = view.frames[firstLook(open)]?.url;
  // A head start only: the viewer asks again and tells when the picture cannot be had.
  if (url) void fetch(url, { headers }).catch(() => undefined);
}

/** Opens a task and closes it when the page leaves it. */
export function useTask(taskId: Id) {
  const [state, setState] = useState<TaskState>({ kind: "opening" });
  const [attempt, setAttempt] = useState({ number: 0, takeOver: false });

  useEffect(() => {
    let isGone = false;
    let opened: OpenedTask | null = null;
    setState({ kind: "opening" });
    openTask(taskId, attempt.takeOver)
      .then((result) => {
        opened = result;
        if (isGone) result.station.close();
        else setState({ kind: "open", opened: result });
      })
      .catch((error: unknown) => {
        if (!isGone) setState(failureOf(error));
      });
    return () => {
      isGone = true;
      opened?.station.close();
    };
  }, [taskId, attempt]);

  const retry = useCallback((takeOver: boolean) => {
    setAttempt(({ number }) => ({ number: number + 1, takeOver }));
  }, []);
  return { state, retry };
}

function failureOf(error: unknown): TaskState {
  if (error instanceof OpenElsewhere) return { kind: "elsewhere", by: error };
  return { kind: "failed", sentence: sentenceOf(error) };
}
