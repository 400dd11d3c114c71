import { get } from "@/api/http";
import type { components } from "@/api/schema.gen";
import type { GridView } from "@/viewer-core/grid-view";
import type { OverlayDoor } from "@/viewer-core/overlays";

type OverlayList = components["schemas"]["OverlayListOut"];

/** The way to a series' overlays; null where it has none. */
export function overlayDoor({ grid, overlays }: GridView): OverlayDoor | null {
  if (overlays.length === 0) return null;
  return async (frame) => {
    const url = `/api/v1/grids/${grid.id}/overlays`;
    const { results } = await get<OverlayList>(url, { query: { frame } });
    return results.map(({ mask }) => mask);
  };
}
