import type { Affine2d } from "@/geometry/affine2d";

import type { LabelDocument } from "./label-document";
import { LabelTiles, type SegmentStyle } from "./label-tiles";
import type { VoxelRect } from "./mask-runs";
import type { MaskStore } from "./mask-store";
import type { PlacedFrame } from "./series-geometry";

/** A model's answer that is not accepted yet, on one frame. */
export interface PreviewMask {
  readonly frame: string;
  /** 1 inside, 0 outside. */
  readonly values: Uint16Array;
}

/** What the painter asks for every time it paints. */
export interface PaintSource {
  readonly document: LabelDocument;
  readonly proposal: MaskStore | null;
  readonly layers: () => readonly number[];
  readonly segmentStyle: (segment: number) => SegmentStyle;
  /** Style of a proposed segment on a frame; null once it is decided or hidden. */
  readonly proposalStyle: (segment: number, frame: string) => SegmentStyle;
  /** What came drawn over the image; 1 where something is. */
  readonly overlays: (frame: string) => readonly Uint16Array[];
  readonly isHidden: () => boolean;
  /** An earlier state that is painted instead of the document's. */
  readonly past: () => { readonly masks: MaskStore } | null;
}

const OUTLINE_PX = 1.5;
const PREVIEW: SegmentStyle = {
  rgb: [177, 151, 252],
  fill: 0.35,
  stroke: "#b197fc",
  pattern: null,
};

/** The grey of the interface's text: neither a segment's colour nor the model's. */
const OVERLAY: SegmentStyle = {
  rgb: [231, 234, 238],
  fill: 0.9,
  stroke: "transparent",
  pattern: null,
};

interface Sheet {
  readonly tiles: LabelTiles;
  style: (segment: number) => SegmentStyle;
}

/** Paints the labels of the frame that is on the canvas below, and of no other. */
export class LabelPainter {
  private readonly canvas: HTMLCanvasElement;
  private readonly source: PaintSource;
  private readonly sheets = new Map<string, Sheet>();
  private frame: PlacedFrame | null = null;
  private toCanvas: Affine2d | null = null;
  private preview: PreviewMask | null = null;
  private scheduled = 0;
  private isBlank = false;
  private readonly unsubscribe: () => void;

  constructor(canvas: HTMLCanvasElement, source: PaintSource) {
    this.canvas = canvas;
    this.source = source;
    this.unsubscribe = source.document.subscribe((event) => {
      if (event.kind === "mask") this.renew(event.layer, event.frame, event.rect);
      else if (event.kind === "all" || event.kind === "verdicts") this.restyle();
    });
  }

  /** The picture moved, or another frame is on it. */
  place(frame: PlacedFrame | null, toCanvas: Affine2d | null): void {
    if (frame?.key !== this.frame?.key) this.sheets.clear();
    this.frame = frame;
    this.toCanvas = toCanvas;
    // At once, not in the next animation frame: labels and picture change together.
    this.paint();
  }

  /** Colours, visibility or verdicts changed. */
  restyle(): void {
    this.sheets.clear();
    this.invalidate();
  }

  showPreview(preview: PreviewMask | null): void {
    this.preview = preview;
    this.sheets.delete("preview");
    this.invalidate();
  }

  invalidate(): void {
    if (this.scheduled !== 0) return;
    this.scheduled = requestAnimationFrame(() => {
      this.scheduled = 0;
      this.paint();
    });
  }

  destroy(): void {
    cancelAnimationFrame(this.scheduled);
    this.unsubscribe();
  }

  private renew(layer: number, frame: string, rect: VoxelRect): void {
    if (frame !== this.frame?.key || this.source.past()) return;
    const sheet = this.sheets.get(`layer ${layer}`);
    const values = this.source.document.masks.peek(layer, frame);
    if (sheet && values) sheet.tiles.update(values, sheet.style, rect);
    this.invalidate();
  }

  private paint(): void {
    const { frame, toCanvas } = this;
    const sheets = frame && !this.source.isHidden() ? [...this.visibleSheets(frame)] : [];
    const context = this.canvas.getContext("2d");
    // A layer with nothing on it is not composed at all.
    this.canvas.style.visibility = sheets.length > 0 ? "visible" : "hidden";
    if (!context || (sheets.length === 0 && this.isBlank)) return;
    fitToElement(this.canvas);
    context.resetTransform();
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.isBlank = sheets.length === 0;
    if (!toCanvas) return;
    const ratio = window.devicePixelRatio;
    const { a, b, c, d, e, f } = toCanvas;
    const toDevice = new DOMMatrix([a, b, c, d, e, f].map((value) => value * ratio));
    const width = OUTLINE_PX * ratio;
    for (const sheet of sheets) {
      sheet.tiles.draw(context, toDevice, sheet.style, width);
    }
  }

  private *visibleSheets(frame: PlacedFrame): Generator<Sheet> {
    const { document } = this.source;
    const past = this.source.past();
    const proposal = past ? null : this.source.proposal;
    const masks = past?.masks ?? document.masks;
    const proposed = (segment: number) => this.source.proposalStyle(segment, frame.key);
    for (const [number, values] of this.source.overlays(frame.key).entries()) {
      yield this.sheet(`overlay ${number}`, frame, values, () => OVERLAY);
    }
    for (const layer of this.source.layers()) {
      const values = masks.peek(layer, frame.key);
      if (values) yield this.sheet(`layer ${layer}`, frame, values, this.source.segmentStyle);
    }
    for (const layer of this.source.layers()) {
      const values = proposal?.peek(layer, frame.key);
      if (values) yield this.sheet(`proposal ${layer}`, frame, values, proposed);
    }
    if (this.preview?.frame === frame.key) {
      yield this.sheet("preview", frame, this.preview.values, () => PREVIEW);
    }
  }

  private sheet(
    name: string,
    frame: PlacedFrame,
    values: Uint16Array,
    style: (segment: number) => SegmentStyle,
  ): Sheet {
    const known = this.sheets.get(name);
    if (known) return known;
    const sheet = { tiles: new LabelTiles(frame), style };
    sheet.tiles.update(values, style, null);
    this.sheets.set(name, sheet);
    return sheet;
  }
}

/** Give a canvas as many pixels as its place on the screen has. */
export function fitToElement(canvas: HTMLCanvasElement): void {
  const ratio = window.devicePixelRatio;
  const width = Math.round(canvas.clientWidth * ratio);
  const height = Math.round(canvas.clientHeight * ratio);
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}
