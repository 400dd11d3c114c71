import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";

import { Problem } from "@/api/problem";
import { sentenceOf } from "@/api/sentence";
import { forgetLock } from "@/lib/task-lock";

import { reportProblem, skipTask, submitTask } from "./calls";
import type { OpenedTask } from "./open-station";
import { keepOpened } from "./task-claim";
import type { RuleProblem } from "./wire";

/** The three ways a task ends: submitted, skipped, reported. */
export function useFinish({ open, station }: OpenedTask) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const [problems, setProblems] = useState<readonly RuleProblem[]>([]);
  const { task, lock } = open;

  async function leave(to: string): Promise<void> {
    // Nothing of it is needed any longer, and nobody waits for that.
    void station.forgetJournal();
    forgetLock(task.id);
    await navigate(to);
    void client.invalidateQueries({ queryKey: ["home"] });
  }

  async function submit(): Promise<void> {
    if (!lock || isBusy) return;
    setBusy(true);
    setProblems([]);
    try {
      await handIn(lock.token);
    } catch (error) {
      const unmet = unmetRules(error);
      if (unmet) setProblems(unmet);
      else station.say(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  }

  async function handIn(lockToken: string): Promise<void> {
    if (!(await station.sync.flush())) {
      station.say("Not submitted: your last edits have not reached the server yet.");
      return;
    }
    const { next } = await submitTask(task.id, lockToken, station.sync.headNumber);
    if (next) keepOpened(next);
    await leave(next ? `/work/${next.task.id}` : "/work");
  }

  async function end(call: () => Promise<unknown>): Promise<void> {
    try {
      await station.sync.flush();
      await call();
      await leave("/work?next");
    } catch (error) {
      station.say(sentenceOf(error));
    }
  }

  return {
    isBusy,
    problems,
    dismiss: () => setProblems([]),
    submit: () => void submit(),
    skip: (reason: string) => void end(() => skipTask(task.id, lock?.token ?? "", reason)),
    report: (text: string) => void end(() => reportProblem(task.id, lock?.token ?? "", text)),
  };
}

function unmetRules(error: unknown): readonly RuleProblem[] | null {
  if (!(error instanceof Problem) || error.code !== "task.rules_unmet") return null;
  const { problems } = error.extra;
  return Array.isArray(problems) ? (problems as RuleProblem[]) : [];
}
