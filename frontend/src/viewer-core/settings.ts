/** Tools, in the order of the rail. */
export const TOOL_IDS = [
  "select",
  "brush",
  "eraser",
  "threshold",
  "polygon",
  "rectangle",
  "ellipse",
  "smart",
  "box",
  "length",
  "polyline",
  "point",
] as const;

export type ToolId = (typeof TOOL_IDS)[number];

/** A segment of the label schema, as far as drawing is concerned. */
export interface Segment {
  readonly id: number;
  readonly name: string;
  readonly color: string;
  readonly overlap: boolean;
  /** No longer drawn; what was drawn before stays. */
  readonly retired?: boolean;
}

/** A kind of shape of the label schema. */
export interface ShapeStyle {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly color: string;
}

/** What the hand holds and how: the user's, never saved with the labels. */
export interface Settings {
  readonly tool: ToolId;
  readonly segment: number;
  readonly radius_mm: number;
  readonly isSphere: boolean;
  readonly threshold: { readonly low: number; readonly high: number };
  /** The eraser takes every unlocked segment, not only the chosen one. */
  readonly erasesAll: boolean;
  readonly opacity: number;
  readonly hidden: ReadonlySet<number>;
  readonly locked: ReadonlySet<number>;
  readonly solo: number | null;
  readonly showsProposal: boolean;
  readonly showsOverlays: boolean;
  /** What a tool draws: a shape of the schema by its id; null fills the segment. */
  readonly draws: Readonly<Partial<Record<ToolId, string | null>>>;
  /** The shape that is chosen. */
  readonly shape: string | null;
  /** Segments are told apart by patterns, too. */
  readonly hasPatterns: boolean;
  /** Shown without labels while a key is held. */
  readonly isPlain: boolean;
}

export const MIN_RADIUS_MM = 0.25;
export const MAX_RADIUS_MM = 200;

export function initialSettings(segment: number): Settings {
  return {
    tool: "select",
    segment,
    radius_mm: 6,
    isSphere: false,
    threshold: { low: 0, high: 300 },
    erasesAll: false,
    opacity: 0.25,
    hidden: new Set(),
    locked: new Set(),
    solo: null,
    showsProposal: true,
    showsOverlays: true,
    draws: {},
    shape: null,
    hasPatterns: false,
    isPlain: false,
  };
}

/** The layer a segment is drawn in: all exclusive ones share layer 0. */
export function layerOf(segment: Segment): number {
  return segment.overlap ? segment.id : 0;
}

/** `#rrggbb` as three numbers. */
export function parseColor(color: string): readonly [number, number, number] {
  const value = Number.parseInt(color.slice(1), 16);
  return Number.isNaN(value)
    ? [200, 200, 200]
    : [(value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff];
}

/** Tools that fill a segment unless a shape is chosen for them. */
export const FILLING: ReadonlySet<ToolId> = new Set(["polygon", "rectangle", "ellipse"]);

/** The shape a tool draws: the one chosen, else the schema's first of its kind; null fills. */
export function shapeOfTool(
  shapes: readonly ShapeStyle[],
  tool: ToolId,
  chosen: string | null | undefined,
): ShapeStyle | null {
  const fitting = shapes.filter(({ kind }) => kind === tool);
  const found = fitting.find(({ id }) => id === chosen);
  return found ?? (FILLING.has(tool) ? null : (fitting[0] ?? null));
}
