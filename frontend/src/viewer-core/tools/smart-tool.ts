import type { FramePoint } from "@/geometry/frame-plane";

import type { Prompt } from "../change";
import { spanPainter } from "../paint";
import type { PlacedFrame } from "../series-geometry";
import { layerOf } from "../settings";
import type { SmartSession } from "../smart/smart-session";
import { dot, strokeSketch } from "./sketch";
import {
  drawableSegment,
  type Hand,
  protectedSegments,
  type Sketch,
  type Tool,
  type ToolContext,
} from "./tool";

const GRAB_PX = 9;
const DRAG_PX = 5;
const POSITIVE_COLOR = "#7fd49b";
const NEGATIVE_COLOR = "#ff8080";
const BOX_COLOR = "#b197fc";

interface Drag {
  readonly from: Hand;
  /** The prompt that is being moved; null draws a box. */
  readonly prompt: number | null;
  isMoving: boolean;
  to: Hand;
}

/** Smart click: prompts become a mask by the model; accepted into the active segment as one edit. */
export class SmartTool implements Tool {
  readonly cursor = "crosshair";
  private readonly context: ToolContext;
  private readonly session: SmartSession;
  private readonly place: (point: FramePoint) => { readonly x: number; readonly y: number } | null;
  private drag: Drag | null = null;
  private chosen: number | null = null;

  constructor(
    context: ToolContext,
    session: SmartSession,
    place: (point: FramePoint) => { readonly x: number; readonly y: number } | null,
  ) {
    this.context = context;
    this.session = session;
    this.place = place;
  }

  down(hand: Hand): void {
    if (this.session.state.get().status === "none") {
      this.context.say(this.session.state.get().message);
      return;
    }
    if (this.session.state.get().frame !== hand.frame.key) this.session.discard();
    this.drag = { from: hand, to: hand, prompt: this.promptAt(hand), isMoving: false };
  }

  move(hand: Hand): void {
    const { drag } = this;
    if (!drag || drag.from.frame.key !== hand.frame.key) return;
    drag.to = hand;
    const { canvas } = drag.from;
    drag.isMoving ||= Math.hypot(hand.canvas.x - canvas.x, hand.canvas.y - canvas.y) > DRAG_PX;
    if (drag.isMoving && drag.prompt !== null) this.movePrompt(drag.prompt, hand);
    this.context.redraw();
  }

  up(hand: Hand): void {
    this.move(hand);
    const { drag } = this;
    this.drag = null;
    if (!drag) return;
    if (drag.prompt !== null) this.chosen = drag.prompt;
    else if (drag.isMoving) this.addBox(drag);
    else this.addPoint(hand);
    this.context.redraw();
  }

  hover(): void {}

  cancel(): void {
    this.drag = null;
    this.chosen = null;
    this.session.discard();
    this.context.redraw();
  }

  confirm(): boolean {
    const { mask, frame: key, prompts } = this.session.state.get();
    const frame = this.context.frames.find((candidate) => candidate.key === key);
    if (!mask || !frame || prompts.length === 0) return false;
    if (this.accept(frame, mask, prompts)) this.cancel();
    return true;
  }

  /** Delete takes the chosen prompt away, or the last one. */
  remove(): boolean {
    const { prompts, frame: key } = this.session.state.get();
    const frame = this.context.frames.find((candidate) => candidate.key === key);
    if (!frame || prompts.length === 0) return false;
    const index = this.chosen ?? prompts.length - 1;
    this.chosen = null;
    void this.session.setPrompts(
      frame,
      prompts.filter((_, at) => at !== index),
    );
    this.context.redraw();
    return true;
  }

  draw(sketch: Sketch): void {
    const { prompts, frame } = this.session.state.get();
    if (frame === sketch.frame.key) {
      prompts.forEach((prompt, index) => {
        drawPrompt(sketch, prompt, index === this.chosen);
      });
    }
    const { drag } = this;
    if (drag?.isMoving && drag.prompt === null) drawBox(sketch, drag.from.point, drag.to.point);
  }

  private accept(frame: PlacedFrame, mask: Uint16Array, prompts: readonly Prompt[]): boolean {
    const segment = drawableSegment(this.context);
    const gesture = segment && this.context.editor.gesture();
    if (!gesture || !this.session.model) return false;
    const layer = layerOf(segment);
    const values = gesture.values(layer, frame.key, frame);
    const rule = { value: segment.id, locked: protectedSegments(this.context), only: null };
    const paint = spanPainter(values, frame.columns, rule);
    for (let j = 0; j < frame.rows; j++) paintRow(mask, frame.columns, j, paint);
    gesture.wrote(layer, frame.key, { i0: 0, j0: 0, i1: frame.columns, j1: frame.rows });
    gesture.commit("Smart click", {
      tool: "smart",
      segments: [segment.id],
      origin: "prompt",
      model_version_id: this.session.model.version_id,
      prompts,
    });
    return true;
  }

  private addPoint(hand: Hand): void {
    const { i, j } = hand.point;
    this.setPrompts(hand.frame, (prompts) => [
      ...prompts,
      { kind: "point", i, j, positive: !hand.alt && !hand.shift },
    ]);
  }

  /** There is one box; a new one takes the place of the old. */
  private addBox({ from, to }: Drag): void {
    const box: Prompt = {
      kind: "box",
      i0: from.point.i,
      j0: from.point.j,
      i1: to.point.i,
      j1: to.point.j,
    };
    this.setPrompts(from.frame, (prompts) => [
      box,
      ...prompts.filter((prompt) => prompt.kind === "point"),
    ]);
  }

  private movePrompt(index: number, hand: Hand): void {
    this.setPrompts(hand.frame, (prompts) =>
      prompts.map((prompt, at) =>
        at === index && prompt.kind === "point"
          ? { ...prompt, i: hand.point.i, j: hand.point.j }
          : prompt,
      ),
    );
  }

  private setPrompts(
    frame: PlacedFrame,
    change: (prompts: readonly Prompt[]) => readonly Prompt[],
  ): void {
    const { prompts, frame: key } = this.session.state.get();
    void this.session.setPrompts(frame, change(key === frame.key ? prompts : []));
  }

  private promptAt(hand: Hand): number | null {
    const { prompts, frame } = this.session.state.get();
    if (frame !== hand.frame.key) return null;
    const index = prompts.findIndex((prompt) => {
      const at = prompt.kind === "point" ? this.place(prompt) : null;
      return at && Math.hypot(at.x - hand.canvas.x, at.y - hand.canvas.y) <= GRAB_PX;
    });
    return index < 0 ? null : index;
  }
}

function paintRow(
  mask: Uint16Array,
  columns: number,
  j: number,
  paint: (j: number, i0: number, i1: number) => void,
): void {
  for (let i = 0; i < columns; i++) {
    if (mask[j * columns + i] !== 1) continue;
    const start = i;
    while (i < columns && mask[j * columns + i] === 1) i++;
    paint(j, start, i);
  }
}

function drawPrompt(sketch: Sketch, prompt: Prompt, isChosen: boolean): void {
  if (prompt.kind === "box") {
    drawBox(sketch, { i: prompt.i0, j: prompt.j0 }, { i: prompt.i1, j: prompt.j1 });
    return;
  }
  const { x, y } = sketch.place(prompt);
  const { context } = sketch;
  dot(context, x, y, isChosen ? 8 : 6, prompt.positive ? POSITIVE_COLOR : NEGATIVE_COLOR);
  context.beginPath();
  context.moveTo(x - 3, y);
  context.lineTo(x + 3, y);
  if (prompt.positive) {
    context.moveTo(x, y - 3);
    context.lineTo(x, y + 3);
  }
  context.lineWidth = 1.5;
  context.strokeStyle = "#0c0e11";
  context.stroke();
}

function drawBox({ context, place }: Sketch, from: FramePoint, to: FramePoint): void {
  const [a, b] = [place(from), place(to)];
  context.beginPath();
  context.rect(Math.min(a.x, b.x), Math.min(a.y, b.y), Math.abs(a.x - b.x), Math.abs(a.y - b.y));
  context.setLineDash([5, 4]);
  strokeSketch(context, BOX_COLOR);
  context.setLineDash([]);
}
