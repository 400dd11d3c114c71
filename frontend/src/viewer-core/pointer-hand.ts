import type { Point } from "@/geometry/affine2d";

import type { FramePoint } from "@/geometry/frame-plane";
import type { Activity } from "./activity";
import type { ImageViewport, PictureState } from "./image-viewport";
import type { PlacedFrame } from "./series-geometry";
import { MAX_RADIUS_MM, MIN_RADIUS_MM, type Settings } from "./settings";
import type { Store } from "./store";
import type { Hand, Tool } from "./tools/tool";

/** What the hand works on. */
export interface HandBench {
  readonly viewport: ImageViewport | null;
  readonly picture: Store<PictureState | null>;
  tool(): Tool;
  frame(): PlacedFrame | null;
  toFrame(at: Point): FramePoint | null;
  setProbe(hand: Hand | null): void;
  goTo(index: number): void;
}

interface HandHost {
  readonly settings: Store<Settings>;
  readonly activity: Activity;
}

const LEFT = 0;
const MIDDLE = 1;
const RIGHT = 2;
const WHEEL_STEP = 40;
const ZOOM_STEP = 1.1;
const RADIUS_STEP = 1.12;
/** A drag over this many pixels changes the window by its own width. */
const WINDOW_DRAG_PX = 300;

type Drag = { readonly button: number; readonly tool: Tool | null; last: Point };

/** Turns pointer and wheel into tools, window, pan, zoom and scroll. */
export class PointerHand {
  private readonly canvas: HTMLCanvasElement;
  private readonly bench: HandBench;
  private readonly station: HandHost;
  private readonly listeners = new AbortController();
  private drag: Drag | null = null;
  private wheel = 0;
  private last: PointerEvent | null = null;

  constructor(canvas: HTMLCanvasElement, bench: HandBench, station: HandHost) {
    this.canvas = canvas;
    this.bench = bench;
    this.station = station;
    const { signal } = this.listeners;
    canvas.addEventListener("pointerdown", this.onDown, { signal });
    canvas.addEventListener("pointermove", this.onMove, { signal });
    canvas.addEventListener("pointerup", this.onUp, { signal });
    canvas.addEventListener("pointercancel", this.onCancel, { signal });
    canvas.addEventListener("pointerleave", this.onLeave, { signal });
    canvas.addEventListener("dblclick", this.onDoubleClick, { signal });
    canvas.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
    canvas.style.cursor = bench.tool().cursor;
    canvas.addEventListener("wheel", this.onWheel, { signal, passive: false });
  }

  close(): void {
    this.drag?.tool?.cancel();
    this.listeners.abort();
  }

  /** Another tool is in the hand: it shows itself where the pointer is. */
  takeTool(): void {
    const tool = this.bench.tool();
    if (this.canvas.style.cursor !== tool.cursor) this.canvas.style.cursor = tool.cursor;
    if (this.last && !this.drag) tool.hover(this.hand(this.last));
  }

  private readonly onDown = (event: PointerEvent): void => {
    if (this.drag) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.station.activity.touch();
    const tool = event.button === LEFT ? this.bench.tool() : null;
    this.drag = { button: event.button, tool, last: this.at(event) };
    const hand = this.hand(event);
    if (hand) tool?.down(hand);
    event.preventDefault();
    this.canvas.focus({ preventScroll: true });
  };

  private readonly onMove = (event: PointerEvent): void => {
    this.last = event;
    this.bench.setProbe(this.hand(event));
    const { drag } = this;
    if (!drag) {
      this.bench.tool().hover(this.hand(event));
    } else if (drag.tool) {
      for (const sample of samples(event)) {
        const hand = this.hand(sample);
        if (hand) drag.tool.move(hand);
      }
    } else {
      this.dragPicture(drag, this.at(event));
    }
  };

  private readonly onUp = (event: PointerEvent): void => {
    const { drag } = this;
    if (!drag || event.button !== drag.button) return;
    this.drag = null;
    this.station.activity.touch();
    const hand = this.hand(event);
    if (!drag.tool) return;
    if (hand) drag.tool.up(hand);
    else drag.tool.cancel();
  };

  private readonly onCancel = (): void => {
    this.drag?.tool?.cancel();
    this.drag = null;
  };

  private readonly onLeave = (): void => {
    if (this.drag) return;
    this.last = null;
    this.bench.setProbe(null);
    this.bench.tool().hover(null);
  };

  private readonly onDoubleClick = (): void => {
    this.bench.tool().confirm();
  };

  private readonly onWheel = (event: WheelEvent): void => {
    event.preventDefault();
    this.station.activity.touch();
    const delta = wheelPixels(event);
    if (event.ctrlKey || event.metaKey) {
      this.bench.viewport?.zoomAt(ZOOM_STEP ** (-delta / WHEEL_STEP), this.at(event));
    } else if (event.shiftKey) {
      this.resizeBrush(-delta);
    } else {
      this.scroll(delta);
    }
  };

  private scroll(delta: number): void {
    // One notch is one slice; a trackpad's small steps add up to one.
    const step = Math.abs(delta) >= WHEEL_STEP ? Math.sign(delta) * WHEEL_STEP : delta;
    this.wheel += step;
    const slices = Math.trunc(this.wheel / WHEEL_STEP);
    this.wheel -= slices * WHEEL_STEP;
    const index = this.bench.picture.get()?.index ?? 0;
    if (slices !== 0) this.bench.goTo(index + slices);
  }

  private resizeBrush(delta: number): void {
    const { radius_mm } = this.station.settings.get();
    const next = radius_mm * RADIUS_STEP ** Math.sign(delta);
    const clamped = Math.min(MAX_RADIUS_MM, Math.max(MIN_RADIUS_MM, next));
    this.station.settings.patch({ radius_mm: Math.round(clamped * 100) / 100 });
  }

  private dragPicture(drag: Drag, at: Point): void {
    const [dx, dy] = [at.x - drag.last.x, at.y - drag.last.y];
    drag.last = at;
    if (drag.button === MIDDLE) this.bench.viewport?.panBy(dx, dy);
    if (drag.button === RIGHT) this.dragWindow(dx, dy);
  }

  private dragWindow(dx: number, dy: number): void {
    const window = this.bench.picture.get()?.window;
    if (!window) return;
    const step = Math.max(1, window.width) / WINDOW_DRAG_PX;
    this.bench.viewport?.setWindow({
      center: window.center + dy * step,
      width: window.width + dx * step,
    });
  }

  private hand(event: MouseEvent): Hand | null {
    const canvas = this.at(event);
    const frame = this.bench.frame();
    const point = this.bench.toFrame(canvas);
    if (!frame || !point) return null;
    return { frame, point, canvas, shift: event.shiftKey, alt: event.altKey };
  }

  private at(event: MouseEvent): Point {
    const box = this.canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }
}

/** All positions since the last event: a quick stroke has more of them than events. */
function samples(event: PointerEvent): readonly PointerEvent[] {
  const coalesced = event.getCoalescedEvents?.() ?? [];
  return coalesced.length > 0 ? coalesced : [event];
}

/** Wheel turns in pixels; Shift turns the wheel sideways in some browsers. */
function wheelPixels(event: WheelEvent): number {
  const raw = event.deltaY === 0 ? event.deltaX : event.deltaY;
  return event.deltaMode === WheelEvent.DOM_DELTA_LINE ? raw * WHEEL_STEP : raw;
}
