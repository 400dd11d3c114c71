import { Checkbox } from "@mantine/core";
import { useState } from "react";

import type { Id, Study, StudyChoice, StudyFilter } from "@/api/types";
import type { Column } from "@/components/virtual-table";

/** The studies that are chosen: some of them, or all that the filter finds. */
export interface Ticks {
  readonly count: number;
  readonly isAll: boolean;
  has(id: Id): boolean;
  toggle(id: Id): void;
  chooseAll(): void;
  clear(): void;
  /** What the server is told. */
  choice(): StudyChoice;
}

interface Chosen {
  readonly ids: ReadonlySet<Id>;
  /** The filter whose every study is chosen. */
  readonly allOf: string | null;
}

const nothing: Chosen = { ids: new Set(), allOf: null };

/** Another filter finds other studies: "all that match" ends with it, single ones stay chosen. */
export function useTicks(filter: Partial<StudyFilter>, total: number | undefined): Ticks {
  const [chosen, setChosen] = useState(nothing);
  const key = JSON.stringify(filter);
  const isAll = chosen.allOf === key;
  return {
    count: isAll ? (total ?? 0) : chosen.ids.size,
    isAll,
    has: (id) => isAll || chosen.ids.has(id),
    toggle: (id) =>
      setChosen((old) => {
        const next = new Set(old.ids);
        if (!next.delete(id)) next.add(id);
        return { ids: next, allOf: null };
      }),
    chooseAll: () => setChosen({ ids: new Set(), allOf: key }),
    clear: () => setChosen(nothing),
    choice: () => (isAll ? { filter } : { study_ids: [...chosen.ids] }),
  };
}

/** As many as the server does something to at once. */
export const mostChosen = 20_000;

/** The column of ticks; its header chooses all that match, also those not loaded. */
export function tickColumn(ticks: Ticks, total: number | undefined): Column<Study> {
  const isTooMany = (total ?? 0) > mostChosen;
  return {
    key: "tick",
    width: "20px",
    header: (
      <Checkbox
        size="xs"
        aria-label="Choose all studies that match"
        disabled={isTooMany}
        title={isTooMany ? "More than 20,000 match; narrow the filters to choose all" : ""}
        checked={ticks.isAll}
        indeterminate={!ticks.isAll && ticks.count > 0}
        onChange={() => (ticks.isAll ? ticks.clear() : ticks.chooseAll())}
      />
    ),
    cell: (study) => (
      <Checkbox
        size="xs"
        tabIndex={-1}
        aria-label={`Choose ${study.patient.patient_id} ${study.description}`}
        checked={ticks.has(study.id)}
        onClick={(event) => event.stopPropagation()}
        onChange={() => ticks.toggle(study.id)}
      />
    ),
  };
}
