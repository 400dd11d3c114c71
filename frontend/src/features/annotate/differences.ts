import type { MaskStore } from "@/viewer-core/mask-store";
import type { Station } from "@/viewer-core/station";

import type { Place } from "./places";

const shown = 12;

/** Voxels that two documents label differently, frame by frame; a mask is a whole frame's labels. */
export function countDifferences(one: MaskStore, other: MaskStore): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const seen = new Set<string>();
  for (const store of [one, other]) {
    for (const { layer, frame } of store.labelled()) {
      const key = `${layer}|${frame}`;
      if (seen.has(key)) continue;
      seen.add(key);
      const voxels = differing(one.peek(layer, frame), other.peek(layer, frame));
      if (voxels > 0) found.set(frame, (found.get(frame) ?? 0) + voxels);
    }
  }
  return found;
}

function differing(one: Uint16Array | null, other: Uint16Array | null): number {
  const length = Math.max(one?.length ?? 0, other?.length ?? 0);
  let count = 0;
  for (let index = 0; index < length; index++) {
    if ((one?.[index] ?? 0) !== (other?.[index] ?? 0)) count++;
  }
  return count;
}

/** Where what was handed in differs most from what a model proposed, the largest first. */
export function differencePlaces(station: Station): Place[] {
  const proposed = station.proposals?.masks;
  if (!proposed) return [];
  const order = new Map(station.frames.map(({ key, index }) => [key, index]));
  return [...countDifferences(station.document.masks, proposed)]
    .sort(([, one], [, other]) => other - one)
    .slice(0, shown)
    .flatMap(([frame, voxels]) => {
      const index = order.get(frame);
      if (index === undefined) return [];
      const label = `Differs from the proposal: ${voxels.toLocaleString()} voxels`;
      return [{ id: `differs-${index}`, index, label }];
    });
}
