import type { Vec3 } from "@/geometry/vec3";

import type { MaskRuns } from "./mask-runs";

/** Who asks for a change: only what the user does is recorded and sent. */
export type Origin = "user" | "remote" | "preview";

export type ShapeKind =
  | "box"
  | "rectangle"
  | "polygon"
  | "polyline"
  | "point"
  | "ellipse"
  | "length";

/** A drawn shape. Its points lie in patient space, or in voxels where the frame has no geometry. */
export interface Shape {
  readonly id: string;
  readonly shape_id: string;
  readonly kind: ShapeKind;
  readonly frame: string;
  readonly points_mm_lps?: readonly Vec3[];
  readonly points_ij?: readonly (readonly [number, number])[];
  readonly attributes: Readonly<Record<string, string>>;
}

export type Answer = string | number | readonly string[];

export type Verdict = "accepted" | "rejected";

/** One reversible difference. `before` and `after` are both kept, so that it can be turned around. */
export type Change =
  | {
      readonly kind: "mask";
      readonly layer: number;
      readonly frame: string;
      readonly rows: number;
      readonly columns: number;
      readonly runs: MaskRuns;
    }
  | {
      readonly kind: "shape";
      readonly id: string;
      readonly before: Shape | null;
      readonly after: Shape | null;
    }
  | {
      readonly kind: "answer";
      readonly question: string;
      readonly before: Answer | null;
      readonly after: Answer | null;
    }
  | {
      /** What was decided about a proposed segment, or about it on one frame: "3" or "3@17.4". */
      readonly kind: "verdict";
      readonly key: string;
      readonly before: Verdict | null;
      readonly after: Verdict | null;
    };

/** A prompt as it is kept with the revision it made: positions in voxels of the frame. */
export type Prompt =
  | { readonly kind: "point"; readonly i: number; readonly j: number; readonly positive: boolean }
  | {
      readonly kind: "box";
      readonly i0: number;
      readonly j0: number;
      readonly i1: number;
      readonly j1: number;
    };

/** How an edit came about: what makes labels honest. */
export interface Provenance {
  readonly tool: string;
  readonly segments: readonly number[];
  readonly frames: readonly string[];
  readonly origin: "manual" | "prompt" | "proposal";
  readonly model_version_id?: number | string;
  readonly prompts?: readonly Prompt[];
}

/** One finished edit: the unit of undo, of the journal and of provenance. */
export interface Entry {
  readonly id: string;
  readonly label: string;
  readonly at: number;
  readonly changes: readonly Change[];
  readonly provenance: Provenance | null;
}

/** The same difference the other way round. */
export function invert(change: Change): Change {
  switch (change.kind) {
    case "mask":
      return { ...change, runs: change.runs.inverted() };
    case "shape":
      return { ...change, before: change.after, after: change.before };
    case "answer":
      return { ...change, before: change.after, after: change.before };
    case "verdict":
      return { ...change, before: change.after, after: change.before };
  }
}

const SMALL_CHANGE_BYTES = 256;

/** What an entry weighs in the history. */
export function entryBytes(entry: Entry): number {
  return entry.changes.reduce(
    (sum, change) => sum + (change.kind === "mask" ? change.runs.bytes : SMALL_CHANGE_BYTES),
    SMALL_CHANGE_BYTES,
  );
}
