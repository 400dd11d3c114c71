import type { Station } from "@/viewer-core/station";
import { segmentTotals } from "@/viewer-core/totals";

/** What browser tests may ask of the station on the page; it can only be read. */
interface StationProbe {
  readonly documentId: string;
  readonly frame: string | null;
  readonly slice: number | null;
  readonly loaded: number;
  readonly status: string;
  readonly smart: string;
  readonly smartMs: number | null;
  readonly smartPrompts: number;
  /** Voxels of a segment over all frames. */
  voxels(segment: number): number;
  /** Whether an earlier revision is being looked at. */
  readonly past: true | null;
  /** Rows and columns of the shown frame. */
  readonly shape: readonly [number, number] | null;
  /** The slice of the second picture; null without one. */
  readonly besideSlice: number | null;
  counts(layer: number, frame: string): Record<number, number>;
  /** The canvas position of a voxel's centre on the shown frame. */
  place(i: number, j: number): { readonly x: number; readonly y: number } | null;
  values(layer: number, frame: string): number[];
}

declare global {
  interface Window {
    __limn?: StationProbe;
  }
}

export function exposeStation(station: Station): () => void {
  const { workbench, sync, smart, document: labels } = station;
  window.__limn = {
    documentId: station.input.documentId,
    get frame() {
      return workbench.frame()?.key ?? null;
    },
    get slice() {
      return workbench.picture.get()?.shown ?? null;
    },
    get loaded() {
      return workbench.picture.get()?.loaded ?? 0;
    },
    get status() {
      return sync.status.get().kind;
    },
    get smart() {
      return smart.state.get().status;
    },
    get smartMs() {
      return smart.state.get().milliseconds;
    },
    get smartPrompts() {
      return smart.state.get().prompts.length;
    },
    get past() {
      return workbench.past.get() && true;
    },
    get shape(): readonly [number, number] | null {
      const frame = workbench.frame();
      return frame ? [frame.rows, frame.columns] : null;
    },
    get besideSlice() {
      return station.beside.get()?.picture.get()?.shown ?? null;
    },
    voxels: (segment) => segmentTotals(labels.masks, station.frames).get(segment)?.voxels ?? 0,
    counts: (layer, frame) => Object.fromEntries(labels.masks.counts(layer, frame)),
    place: (i, j) => workbench.place({ i, j }),
    values: (layer, frame) => [...(labels.masks.peek(layer, frame) ?? [])],
  };
  return () => {
    delete window.__limn;
  };
}
