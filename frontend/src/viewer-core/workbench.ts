import { applyAffine, type Point } from "@/geometry/affine2d";
import type { FramePoint } from "@/geometry/frame-plane";

import type { BenchHost } from "./bench-host";
import type { Shape } from "./change";
import { canvasToFrame, valueUnder } from "./frame-point";
import type { GridView } from "./grid-view";
import { ImageViewport, type PictureState } from "./image-viewport";
import { fitToElement, LabelPainter, type PaintSource } from "./label-painter";
import type { SegmentStyle } from "./label-tiles";
import type { MaskStore } from "./mask-store";
import { PointerHand } from "./pointer-hand";
import type { PlacedFrame } from "./series-geometry";
import { parseColor, type Settings, shapeOfTool, type ToolId } from "./settings";
import { Store } from "./store";
import { BrushTool } from "./tools/brush-tool";
import { DragRegionTool, PolygonTool } from "./tools/region-tool";
import { SelectTool } from "./tools/select-tool";
import { ShapeTool } from "./tools/shape-tool";
import { drawShape } from "./tools/shapes";
import { SmartTool } from "./tools/smart-tool";
import type { Hand, Sketch, Tool, ToolContext } from "./tools/tool";
import type { Window } from "./window-level";

/** The three layers of the picture: image, labels, and what moves with the hand. */
export interface WorkbenchElements {
  readonly picture: HTMLDivElement;
  readonly labels: HTMLCanvasElement;
  readonly sketch: HTMLCanvasElement;
}

/** What lies under the pointer. */
export interface Probe {
  readonly point: FramePoint;
  /** The image's real value; null where there is none or the image is coloured. */
  readonly value: number | null;
}

/** An earlier state of the document, to look at. */
export interface PastState {
  readonly masks: MaskStore;
  readonly shapes: readonly Shape[];
}

const MODEL_RGB = [177, 151, 252] as const;
const PROPOSAL_FILL = 0.14;

/** Where picture, labels, tools and pointer meet. It lives as long as the picture is on the screen. */
export class Workbench implements ToolContextHost {
  readonly picture = new Store<PictureState | null>(null);
  readonly probe = new Store<Probe | null>(null);
  readonly visited = new Store<ReadonlySet<number>>(new Set());
  /** An earlier state that is shown in place of the document, and not worked on. */
  readonly past = new Store<PastState | null>(null);
  viewport: ImageViewport | null = null;
  private readonly station: BenchHost;
  private readonly tools: Readonly<Record<ToolId, Tool>>;
  private painter: LabelPainter | null = null;
  private sketchCanvas: HTMLCanvasElement | null = null;
  private pointer: PointerHand | null = null;
  private scheduled = 0;
  private hasRange = false;
  private look: readonly unknown[] = [];
  private readonly restyled = new Set<() => void>();
  private unsubscribe: (() => void)[] = [];

  constructor(station: BenchHost) {
    this.station = station;
    this.tools = makeTools(station, this);
  }

  get view(): GridView {
    return this.station.view;
  }

  get frames(): readonly PlacedFrame[] {
    return this.station.frames;
  }

  /** The tool in the hand. */
  tool(): Tool {
    return this.tools[this.station.settings.get().tool];
  }

  frame(): PlacedFrame | null {
    const shown = this.picture.get()?.shown;
    return (shown === null || shown === undefined ? null : this.station.frames[shown]) ?? null;
  }

  /** Put the station on the screen and show a first slice. */
  attach(elements: WorkbenchElements, index: number): () => void {
    const { station } = this;
    const { view } = station;
    const viewport = new ImageViewport(
      elements.picture,
      view,
      station.frames,
      station.frameTokenNow,
      station.tableDoor,
    );
    this.viewport = viewport;
    this.sketchCanvas = elements.sketch;
    this.painter = new LabelPainter(elements.labels, this.paintSource());
    this.pointer = new PointerHand(elements.sketch, this, station);
    this.unsubscribe = [
      viewport.state.subscribe(() => this.onPicture(viewport.state.get())),
      station.settings.subscribe(() => this.onSettings()),
      station.smart.state.subscribe(() => this.onSmart()),
      this.past.subscribe(() => this.restyle()),
      station.overlays.arrived.subscribe(() => this.restyle()),
      station.document.subscribe(({ kind }) => {
        if (kind !== "mask") this.redraw();
      }),
    ];
    void viewport.open(index);
    return () => this.detach();
  }

  goTo(index: number): void {
    this.viewport?.goTo(index);
  }

  /** What label layers paint from, here and in a picture beside. */
  paintSource(): PaintSource {
    const { station } = this;
    return {
      document: station.document,
      proposal: station.proposals?.masks ?? null,
      layers: station.layers,
      segmentStyle: (segment) => this.segmentStyle(segment),
      proposalStyle: (segment, frame) => this.proposalStyle(segment, frame),
      overlays: (frame) => (station.settings.get().showsOverlays ? station.overlays.of(frame) : []),
      isHidden: () => station.settings.get().isPlain,
      past: () => this.past.get(),
    };
  }

  /** Be told when labels are to be drawn in another way. */
  onRestyle(listener: () => void): () => void {
    this.restyled.add(listener);
    return () => this.restyled.delete(listener);
  }

  /** The tool in the hand stays: what the others had begun is left. */
  settleTool(): void {
    const inHand = this.tool();
    for (const tool of Object.values(this.tools)) if (tool !== inHand) tool.cancel();
  }

  /** The middle of the picture's place on the screen. */
  centre(): Point {
    const { clientWidth = 0, clientHeight = 0 } = this.sketchCanvas ?? {};
    return { x: clientWidth / 2, y: clientHeight / 2 };
  }

  /** From a place on the canvas to voxels of the shown frame. */
  toFrame(at: Point): FramePoint | null {
    return canvasToFrame(this.picture.get()?.toCanvas, at);
  }

  readonly place = (point: FramePoint): Point | null => {
    const toCanvas = this.picture.get()?.toCanvas;
    return toCanvas ? applyAffine(toCanvas, { x: point.i, y: point.j }) : null;
  };

  setProbe(hand: Hand | null): void {
    const pixels = hand && (this.viewport?.pixels(hand.frame.index) ?? null);
    this.probe.set(hand && { point: hand.point, value: valueUnder(hand, pixels) });
  }

  readonly redraw = (): void => {
    if (this.scheduled !== 0) return;
    this.scheduled = requestAnimationFrame(() => {
      this.scheduled = 0;
      this.drawSketch();
    });
  };

  close(): void {
    this.detach();
  }

  private detach(): void {
    cancelAnimationFrame(this.scheduled);
    this.scheduled = 0;
    for (const stop of this.unsubscribe) stop();
    this.unsubscribe = [];
    this.pointer?.close();
    this.painter?.destroy();
    this.viewport?.destroy();
    this.pointer = null;
    this.painter = null;
    this.viewport = null;
    this.sketchCanvas = null;
    this.picture.set(null);
  }

  private onPicture(state: PictureState): void {
    const before = this.picture.get();
    this.picture.set(state);
    if (state.window && !this.hasRange) this.takeRange(state.window);
    const { shown } = state;
    if (shown !== before?.shown || state.toCanvas !== before?.toCanvas) {
      const frame = shown === null ? null : (this.station.frames[shown] ?? null);
      this.painter?.place(frame, state.toCanvas);
      this.redraw();
    }
    if (shown !== null && shown !== before?.shown) this.onFrame(shown);
  }

  /** The threshold brush begins with what the first window shows. */
  private takeRange({ center, width }: Window): void {
    this.hasRange = true;
    const [low, high] = [Math.round(center - width / 2), Math.round(center + width / 2)];
    this.station.settings.patch({ threshold: { low, high } });
  }

  private onFrame(shown: number): void {
    this.visited.set(new Set([...this.visited.get(), shown]));
    const frame = this.station.frames[shown];
    if (frame && this.station.settings.get().tool === "smart") {
      void this.station.smart.prepare(frame);
    }
    this.probe.set(null);
  }

  private onSettings(): void {
    this.pointer?.takeTool();
    const look = lookOf(this.station.settings.get());
    if (look.some((part, at) => part !== this.look[at])) this.restyle();
    this.look = look;
    this.redraw();
    const frame = this.frame();
    if (frame && this.station.settings.get().tool === "smart") {
      const { status } = this.station.smart.state.get();
      if (status === "idle") void this.station.smart.prepare(frame);
    }
  }

  private restyle(): void {
    this.painter?.restyle();
    for (const listener of this.restyled) listener();
    this.redraw();
  }

  private onSmart(): void {
    const { frame, mask } = this.station.smart.state.get();
    this.painter?.showPreview(frame && mask ? { frame, values: mask } : null);
    this.redraw();
  }

  private drawSketch(): void {
    const canvas = this.sketchCanvas;
    const context = canvas?.getContext("2d");
    if (!canvas || !context) return;
    fitToElement(canvas);
    const ratio = window.devicePixelRatio;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
    const frame = this.frame();
    const toCanvas = this.picture.get()?.toCanvas;
    if (!frame || !toCanvas) return;
    const place = (point: FramePoint): Point => applyAffine(toCanvas, { x: point.i, y: point.j });
    const sketch: Sketch = { context, frame, place };
    if (!this.station.settings.get().isPlain) this.drawShapes(sketch);
    this.tool().draw(sketch);
  }

  private drawShapes(sketch: Sketch): void {
    for (const shape of this.past.get()?.shapes ?? this.station.document.shapes.values()) {
      if (shape.frame !== sketch.frame.key) continue;
      const style = this.station.shapes.find(({ id }) => id === shape.shape_id);
      drawShape(sketch, shape, style?.color ?? "#e7eaee", false);
    }
  }

  private isVisible(segment: number): boolean {
    const { hidden, solo } = this.station.settings.get();
    return solo === null ? !hidden.has(segment) : solo === segment;
  }

  private segmentStyle(id: number): SegmentStyle {
    const segment = this.station.segments.find((candidate) => candidate.id === id);
    const color = segment?.color ?? "#c8c8c8";
    if (!this.isVisible(id)) return null;
    const { opacity, hasPatterns } = this.station.settings.get();
    const pattern = hasPatterns && segment ? this.station.segments.indexOf(segment) : null;
    return { rgb: parseColor(color), fill: opacity, stroke: color, pattern };
  }

  private proposalStyle(id: number, frame: string): SegmentStyle {
    const isOpen = this.station.proposals?.isOpen(id, frame) ?? false;
    if (!isOpen || !this.station.settings.get().showsProposal || !this.isVisible(id)) return null;
    return { rgb: MODEL_RGB, fill: PROPOSAL_FILL, stroke: "#b197fc", pattern: null };
  }
}

/** What changes how labels look; all else the hand holds leaves them as they are. */
function lookOf(settings: Settings) {
  const { opacity, hidden, solo, showsProposal, showsOverlays, hasPatterns, isPlain } = settings;
  return [opacity, hidden, solo, showsProposal, showsOverlays, hasPatterns, isPlain];
}

interface ToolContextHost {
  readonly viewport: ImageViewport | null;
  readonly redraw: () => void;
  readonly place: (point: FramePoint) => Point | null;
}

function makeTools(station: BenchHost, host: ToolContextHost): Readonly<Record<ToolId, Tool>> {
  const { shapes } = station;
  const context: ToolContext = {
    editor: station.editor,
    settings: station.settings,
    frames: station.frames,
    segment: () => station.segment(),
    layers: station.layers,
    pixels: (index) => host.viewport?.pixels(index) ?? null,
    shapeStyle: (tool) => shapeOfTool(shapes, tool, station.settings.get().draws[tool]),
    styleOf: (id) => shapes.find((shape) => shape.id === id) ?? null,
    redraw: () => host.redraw(),
    say: (sentence) => station.say(sentence),
  };
  const pan = (dx: number, dy: number): void => host.viewport?.panBy(dx, dy);
  return {
    select: new SelectTool(context, pan, (point) => host.place(point)),
    brush: new BrushTool(context, "brush"),
    eraser: new BrushTool(context, "eraser"),
    threshold: new BrushTool(context, "threshold"),
    polygon: new PolygonTool(context),
    rectangle: new DragRegionTool(context, "rectangle"),
    ellipse: new DragRegionTool(context, "ellipse"),
    smart: new SmartTool(context, station.smart, (point) => host.place(point)),
    box: new ShapeTool(context, "box"),
    length: new ShapeTool(context, "length"),
    polyline: new ShapeTool(context, "polyline"),
    point: new ShapeTool(context, "point"),
  };
}
