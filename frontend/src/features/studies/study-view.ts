import { useLocation, useNavigate, useSearchParams } from "react-router";

import type { StudySearch } from "@/api/requests/studies";
import type { StudyFilter, StudyOrder } from "@/api/types";

export type Param =
  | "modality"
  | "part"
  | "source"
  | "tag"
  | "from"
  | "to"
  | "project"
  | "cohort"
  | "warnings"
  | "order"
  | "up"
  | "study";
export type Change = Readonly<
  Partial<Record<Param, string | readonly string[] | null | undefined>>
>;

export interface StudyView {
  readonly search: StudySearch;
  readonly words: string;
  /** The study whose panel is open. */
  readonly studyId: string | null;
  readonly isFiltered: boolean;
  many(name: Param): readonly string[];
  one(name: Param): string | null;
  change(change: Change): void;
  setWords(words: string): void;
  /** Show what a saved filter finds. */
  show(filter: StudyFilter): void;
  clear(): void;
}

const orders: readonly string[] = ["arrived", "date", "patient", "description"];
const narrowing: readonly Param[] = [
  "modality",
  "part",
  "source",
  "tag",
  "from",
  "to",
  "project",
  "cohort",
  "warnings",
];

/**
 * What the list shows: filters and order stand in the address, so that it can be shared.
 *
 * Words of a search may name a patient; they are kept in the history's state, which no server
 * and no other person sees.
 */
export function useStudyView(): StudyView {
  const [params] = useSearchParams();
  const { state: kept } = useLocation();
  const navigate = useNavigate();
  const words = wordsOf(kept);

  function go(next: URLSearchParams, nextWords: string) {
    const target = { search: next.toString() };
    const state = nextWords ? { words: nextWords } : null;
    void navigate(target, { replace: true, flushSync: true, state });
  }

  return {
    search: {
      filter: filterOf(params, words),
      order: orderOf(params),
      is_descending: !params.has("up"),
    },
    words,
    studyId: params.get("study"),
    isFiltered: words !== "" || narrowing.some((name) => params.has(name)),
    many: (name) => params.getAll(name),
    one: (name) => params.get(name),
    change: (change) => go(changed(params, change), words),
    setWords: (next) => go(params, next),
    show: (filter) => go(paramsOf(filter), filter.search ?? ""),
    clear: () => go(changed(params, Object.fromEntries(narrowing.map((one) => [one, null]))), ""),
  };
}

function wordsOf(state: unknown): string {
  if (typeof state !== "object" || state === null || !("words" in state)) return "";
  return typeof state.words === "string" ? state.words : "";
}

function orderOf(params: URLSearchParams): StudyOrder {
  const order = params.get("order") ?? "";
  return orders.includes(order) ? (order as StudyOrder) : "arrived";
}

/** Only what narrows is said, so that equal views are equal requests. */
export function filterOf(params: URLSearchParams, words: string): Partial<StudyFilter> {
  const lists = {
    modalities: params.getAll("modality"),
    body_parts: params.getAll("part"),
    sources: params.getAll("source"),
    tag_ids: params.getAll("tag"),
  };
  const texts = {
    search: words,
    date_from: params.get("from"),
    date_to: params.get("to"),
    project_id: params.get("project"),
    cohort_id: params.get("cohort"),
  };
  const warnings = params.get("warnings");
  return {
    ...Object.fromEntries(Object.entries(lists).filter(([, values]) => values.length > 0)),
    ...Object.fromEntries(Object.entries(texts).filter(([, value]) => value)),
    ...(warnings && { has_warnings: warnings === "yes" }),
  };
}

/** The address of a saved filter; its words go elsewhere. */
export function paramsOf(filter: Partial<StudyFilter>): URLSearchParams {
  const { has_warnings: warned } = filter;
  return changed(new URLSearchParams(), {
    modality: filter.modalities,
    part: filter.body_parts,
    source: filter.sources,
    tag: filter.tag_ids,
    from: filter.date_from,
    to: filter.date_to,
    project: filter.project_id,
    cohort: filter.cohort_id,
    warnings: typeof warned === "boolean" ? (warned ? "yes" : "no") : null,
  });
}

function changed(params: URLSearchParams, change: Change): URLSearchParams {
  const next = new URLSearchParams(params);
  for (const [name, value] of Object.entries(change)) {
    next.delete(name);
    const values = typeof value === "string" ? [value] : (value ?? []);
    for (const one of values) if (one) next.append(name, one);
  }
  return next;
}
