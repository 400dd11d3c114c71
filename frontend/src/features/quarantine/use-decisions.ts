import { useEffect, useEffectEvent, useRef, useState } from "react";

import { type Decision, useDecide } from "@/api/requests/quarantine";
import { sentenceOf } from "@/api/sentence";
import type { Id, Quarantined } from "@/api/types";

/** As long as a decision can be taken back: what it removes is gone for good afterwards. */
export const graceMs = 6_000;

export interface Decided {
  readonly file: Quarantined;
  readonly body: Decision;
}

export interface Decisions {
  /** What was decided and not carried out yet; the last can be taken back. */
  readonly open: readonly Decided[];
  readonly problem: string | null;
  /** Files that are no longer in the list, though the server may still have them. */
  isGone(id: Id): boolean;
  decide(decided: Decided): void;
  /** Take the last decision back, and say about which file it was. */
  undo(): Id | null;
}

/** Decisions are carried out some seconds later, or when the page is left; until then Z undoes. */
export function useDecisions(): Decisions {
  const send = useDecide();
  const timers = useRef(new Map<Id, ReturnType<typeof setTimeout>>());
  const [open, setOpen] = useState<readonly Decided[]>([]);
  const [sent, setSent] = useState<ReadonlySet<Id>>(new Set());
  const [problem, setProblem] = useState<string | null>(null);

  async function carryOut({ file, body }: Decided) {
    timers.current.delete(file.id);
    setOpen((old) => old.filter((one) => one.file.id !== file.id));
    setSent((old) => new Set(old).add(file.id));
    try {
      await send(file.id, body);
    } catch (error) {
      setProblem(`${file.name}: ${sentenceOf(error)}`);
      setSent((old) => new Set([...old].filter((id) => id !== file.id)));
    }
  }

  const finish = useEffectEvent(() => {
    for (const timer of timers.current.values()) clearTimeout(timer);
    for (const decided of open) void carryOut(decided);
  });
  useEffect(() => {
    const onLeaving = () => finish();
    window.addEventListener("pagehide", onLeaving);
    return () => {
      window.removeEventListener("pagehide", onLeaving);
      finish();
    };
  }, []);

  return {
    open,
    problem,
    isGone: (id) => sent.has(id) || open.some((one) => one.file.id === id),
    decide: (decided) => {
      setProblem(null);
      setOpen((old) => [...old, decided]);
      const timer = setTimeout(() => void carryOut(decided), graceMs);
      timers.current.set(decided.file.id, timer);
    },
    undo: () => {
      const last = open.at(-1);
      if (!last) return null;
      clearTimeout(timers.current.get(last.file.id));
      timers.current.delete(last.file.id);
      setOpen((old) => old.slice(0, -1));
      return last.file.id;
    },
  };
}
