import { useState } from "react";

import type { Box, Quarantined } from "@/api/types";

import { middleBox, moved, type Size } from "./boxes";

export interface BoxEditor {
  readonly boxes: readonly Box[];
  readonly selected: number | null;
  readonly size: Size;
  select(place: number | null): void;
  /** Put a box in the place of another, or at the end. */
  set(place: number, box: Box): void;
  add(box: Box): void;
  addInMiddle(): void;
  remove(place: number): void;
  removeSelected(): void;
  nudge(down: number, across: number): void;
  selectNext(): void;
  /** Back to what was found. */
  reset(): void;
}

interface State {
  readonly boxes: readonly Box[];
  readonly selected: number | null;
}

/** The boxes of one file: those that were found, until somebody draws, moves or removes some. */
export function useBoxes(file: Quarantined): BoxEditor {
  const size = { rows: file.rows, columns: file.columns };
  const found: State = { boxes: file.boxes as readonly Box[], selected: null };
  const [{ boxes, selected }, setState] = useState(found);

  function set(place: number, box: Box) {
    setState((old) => ({ ...old, boxes: old.boxes.map((one, k) => (k === place ? box : one)) }));
  }

  function add(box: Box) {
    setState((old) => ({ boxes: [...old.boxes, box], selected: old.boxes.length }));
  }

  function remove(place: number) {
    setState((old) => ({ boxes: old.boxes.filter((_, k) => k !== place), selected: null }));
  }

  return {
    boxes,
    selected,
    size,
    select: (place) => setState((old) => ({ ...old, selected: place })),
    set,
    add,
    addInMiddle: () => add(middleBox(size)),
    remove,
    removeSelected: () => selected !== null && remove(selected),
    nudge: (down, across) => {
      const box = selected === null ? undefined : boxes[selected];
      if (box && selected !== null) set(selected, moved(box, { row: down, column: across }, size));
    },
    selectNext: () =>
      setState((old) => ({
        ...old,
        selected: old.boxes.length === 0 ? null : ((old.selected ?? -1) + 1) % old.boxes.length,
      })),
    reset: () => setState(found),
  };
}
