import { Checkbox } from "@mantine/core";
import { useState } from "react";

import type { Id, Task } from "@/api/types";
import type { Column } from "@/components/virtual-table";

/** The tasks that are ticked, to do one thing to all of them. */
export interface Ticks {
  has(id: Id): boolean;
  toggle(id: Id): void;
  set(ids: readonly Id[]): void;
  clear(): void;
}

export function useTicks(): Ticks {
  const [ids, setIds] = useState<ReadonlySet<Id>>(new Set());
  return {
    has: (id) => ids.has(id),
    toggle: (id) =>
      setIds((old) => {
        const next = new Set(old);
        if (!next.delete(id)) next.add(id);
        return next;
      }),
    set: (all) => setIds(new Set(all)),
    clear: () => setIds(new Set()),
  };
}

/** The column of ticks; its header ticks all rows that are loaded. */
export function tickColumn(ticks: Ticks, rows: readonly Task[]): Column<Task> {
  const count = rows.filter((task) => ticks.has(task.id)).length;
  const isAll = rows.length > 0 && count === rows.length;
  return {
    key: "tick",
    width: "22px",
    header: (
      <Checkbox
        size="xs"
        aria-label="Choose all tasks shown"
        checked={isAll}
        indeterminate={count > 0 && !isAll}
        onChange={() => (isAll ? ticks.clear() : ticks.set(rows.map((task) => task.id)))}
      />
    ),
    cell: (task) => (
      <Checkbox
        size="xs"
        tabIndex={-1}
        aria-label={`Choose ${task.label}`}
        checked={ticks.has(task.id)}
        onClick={(event) => event.stopPropagation()}
        onChange={() => ticks.toggle(task.id)}
      />
    ),
  };
}
