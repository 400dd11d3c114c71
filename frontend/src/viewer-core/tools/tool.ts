import type { Point } from "@/geometry/affine2d";
import type { FramePoint } from "@/geometry/frame-plane";

import type { Editor } from "../editor";
import type { FramePixels } from "../frame-pixels";
import type { PlacedFrame } from "../series-geometry";
import type { Segment, Settings, ShapeStyle, ToolId } from "../settings";
import type { Store } from "../store";

/** Where the pointer is, on the frame and on the screen, and what else is pressed. */
export interface Hand {
  readonly frame: PlacedFrame;
  readonly point: FramePoint;
  readonly canvas: Point;
  readonly shift: boolean;
  readonly alt: boolean;
}

/** Where tools draw what is not a label yet: the cursor, a half-made polygon, handles. */
export interface Sketch {
  /** In CSS pixels of the canvas. */
  readonly context: CanvasRenderingContext2D;
  readonly frame: PlacedFrame;
  place(point: FramePoint): Point;
}

/** What a tool may use. */
export interface ToolContext {
  readonly editor: Editor;
  readonly settings: Store<Settings>;
  readonly frames: readonly PlacedFrame[];
  segment(): Segment | null;
  layers(): readonly number[];
  pixels(index: number): FramePixels | null;
  /** The shape that a tool draws; null where it fills, or where the schema has none. */
  shapeStyle(tool: ToolId): ShapeStyle | null;
  /** The shape style a shape was drawn with. */
  styleOf(shapeId: string): ShapeStyle | null;
  redraw(): void;
  /** Tell the user something in a sentence. */
  say(sentence: string): void;
}

/** One thing the hand can hold. */
export interface Tool {
  /** CSS cursor over the picture. */
  readonly cursor: string;
  down(hand: Hand): void;
  move(hand: Hand): void;
  up(hand: Hand): void;
  /** The pointer moves with no button pressed; null when it leaves. */
  hover(hand: Hand | null): void;
  /** Esc, or another tool: leave nothing half-done. */
  cancel(): void;
  /** Enter; true when the tool had something to finish. */
  confirm(): boolean;
  /** Delete or Backspace; true when the tool had something to remove. */
  remove(): boolean;
  draw(sketch: Sketch): void;
}

/** Segments that must not be painted over. */
export function protectedSegments(context: ToolContext): ReadonlySet<number> {
  return context.settings.get().locked;
}

/** Whether the active segment may be drawn on; says why when not. */
export function drawableSegment(context: ToolContext): Segment | null {
  const segment = context.segment();
  if (!segment) {
    context.say("Choose a segment first: keys 1 to 9.");
    return null;
  }
  if (context.settings.get().locked.has(segment.id)) {
    context.say(`${segment.name} is locked. Unlock it in the list to draw on it.`);
    return null;
  }
  return segment;
}
