import type { Station } from "@/viewer-core/station";

import type { TaskOpen } from "./wire";

/** A slice worth a look, and why. */
export interface Place {
  readonly id: string;
  readonly index: number;
  readonly label: string;
}

/** The slices where the model was unsure, from 0. */
export function unsureRange(
  open: TaskOpen,
): { readonly first: number; readonly last: number } | null {
  const { first, last } = open.task.why ?? {};
  if (first === null || first === undefined) return null;
  return { first: first - 1, last: (last ?? first) - 1 };
}

/** The slice a task most likely opens at, as far as its opening tells. */
export function firstLook(open: TaskOpen): number {
  const range = unsureRange(open);
  if (range) return Math.round((range.first + range.last) / 2);
  return Math.floor(((open.view?.frames.length ?? 1) - 1) / 2);
}

/**
 * Where to look: first where the model was unsure, then the ends and the largest slice of each
 * proposed segment, because ends are where models err.
 */
export function placesOf(open: TaskOpen, station: Station): Place[] {
  const last = station.frames.length - 1;
  const places = [...unsurePlaces(open), ...proposalPlaces(station)];
  return places.filter(({ index }) => index >= 0 && index <= last);
}

function unsurePlaces(open: TaskOpen): Place[] {
  const range = unsureRange(open);
  if (!range) return [];
  const segment = open.schema.document.segments.find(({ id }) => id === open.task.why?.segment);
  const label = segment ? `Unsure around ${segment.name}` : "The model was unsure";
  const middle = Math.round((range.first + range.last) / 2);
  const indices = [...new Set([middle, range.first, range.last])];
  return indices.map((index) => ({ id: `unsure-${index}`, index, label }));
}

function proposalPlaces(station: Station): Place[] {
  const { proposals, frames } = station;
  if (!proposals) return [];
  const order = new Map(frames.map(({ key, index }) => [key, index]));
  return proposals.open().flatMap(({ segment, frames: keys }) => {
    const indices = keys.flatMap((key) => order.get(key) ?? []).sort((a, b) => a - b);
    const [first, last] = [indices[0], indices.at(-1)];
    if (first === undefined || last === undefined) return [];
    return [
      { id: `first-${segment.id}`, index: first, label: `${segment.name} begins` },
      { id: `last-${segment.id}`, index: last, label: `${segment.name} ends` },
    ];
  });
}
