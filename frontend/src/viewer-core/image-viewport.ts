import { cache, Enums, imageLoader, type RenderingEngine, type Types } from "@cornerstonejs/core";

import { type Affine2d, affineFromFrame, type Point } from "@/geometry/affine2d";
import { type FramePoint, pointToLps } from "@/geometry/frame-plane";

import { forgetFrames, registerFrames, renderingEngine } from "./cornerstone";
import { type FramePixels, framePixels } from "./frame-pixels";
import type { GridView } from "./grid-view";
import { Prefetch } from "./prefetch";
import type { PlacedFrame } from "./series-geometry";
import { type Shade, shadeOf, windowOfTable } from "./shade";
import { ShadedFrames } from "./shaded-frames";
import { Store } from "./store";
import { type TableDoor, VoiTables } from "./voi-tables";
import { edgesOf, initialWindow, type Window } from "./window-level";

/** What the picture shows now. */
export interface PictureState {
  /** The frame asked for. */
  readonly index: number;
  /** The frame that is on the canvas; null until the first one is. Labels belong to this one. */
  readonly shown: number | null;
  /** From voxels of the shown frame, (0, 0) the centre of the first, to canvas pixels (CSS). */
  readonly toCanvas: Affine2d | null;
  readonly zoom: number;
  readonly window: Window | null;
  readonly loaded: number;
  /** A sentence when the frame asked for could not be had. */
  readonly failure: string | null;
}

/** What Cornerstone's planar viewport can do beyond the type it is known by. */
interface PlanarPart {
  setZoom(zoom: number, at?: Types.Point2): void;
  resize(): void;
}

/** Finished greys are shown as they are. */
const ALL_GREYS = { lower: 0, upper: 255 };
const MIN_ZOOM = 0.1;
const MAX_ZOOM = 40;
let viewports = 0;

/** The picture: Cornerstone behind one door. It shows images, and knows nothing of labels. */
export class ImageViewport {
  readonly state: Store<PictureState>;
  readonly frames: readonly PlacedFrame[];
  private readonly view: GridView;
  private readonly element: HTMLDivElement;
  private readonly engine: RenderingEngine;
  private readonly viewportId = `picture-${viewports++}`;
  private readonly imageIds: readonly string[];
  private readonly prefetch: Prefetch;
  private readonly observer: ResizeObserver;
  private readonly tables: VoiTables;
  /** The greys on the screen where they are computed here; null behind a straight window. */
  private shaded: { readonly look: string; readonly frames: ShadedFrames } | null = null;
  private mounting: Promise<void> | null = null;
  private arrived: number | null = null;
  private destroyed = false;

  constructor(
    element: HTMLDivElement,
    view: GridView,
    frames: readonly PlacedFrame[],
    token: () => string,
    tableDoor: TableDoor,
  ) {
    this.element = element;
    this.view = view;
    this.frames = frames;
    this.engine = renderingEngine();
    this.imageIds = registerFrames(view, frames, token);
    this.tables = new VoiTables(tableDoor, view.grid.id);
    this.state = new Store<PictureState>({
      index: 0,
      shown: null,
      toCanvas: null,
      zoom: 1,
      window: null,
      loaded: 0,
      failure: null,
    });
    this.prefetch = new Prefetch(
      this.imageIds.length,
      (index) => this.prefetchFrame(index),
      (loaded) => this.state.patch({ loaded }),
    );
    this.engine.enableElement({
      viewportId: this.viewportId,
      type: Enums.ViewportType.STACK,
      element,
    });
    element.addEventListener(Enums.Events.STACK_NEW_IMAGE, this.onNewImage);
    element.addEventListener(Enums.Events.IMAGE_RENDERED, this.onRendered);
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(element);
  }

  /** Show the first picture: this frame is asked for before all others. */
  async open(index: number): Promise<void> {
    this.state.patch({ index });
    const image = this.frames[index]?.image;
    if (image?.voi_tables?.length) void this.tablesOf(index).catch(() => undefined);
    try {
      const pixels = await this.loadFrame(index);
      if (this.destroyed) return;
      const window = initialWindow(this.view, image ?? null, pixels);
      await this.mount(window, index);
      const settled = await this.settled(window, index);
      if (this.destroyed) return;
      this.arrived ??= index;
      this.applyWindow(settled);
      this.viewport().render();
    } catch {
      this.fail(index);
    }
    this.prefetch.around(index);
  }

  goTo(index: number): void {
    const target = Math.min(Math.max(0, Math.round(index)), this.imageIds.length - 1);
    if (target === this.state.get().index) return;
    this.state.patch({ index: target, failure: null });
    this.prefetch.around(target);
    void this.show(target);
  }

  setWindow(window: Window): void {
    if (this.state.get().shown === null) return;
    const wanted = { ...window, width: Math.max(1, window.width) };
    if (this.mounting === null && lookOf(wanted) === (this.shaded?.look ?? null)) {
      this.applyWindow(wanted);
      this.viewport().render();
    } else {
      this.state.patch({ window: wanted });
      this.mounting ??= this.remount().finally(() => {
        this.mounting = null;
      });
    }
  }

  /** Zoom by a factor, keeping the picture still under a point of the canvas. */
  zoomAt(factor: number, at: Point): void {
    const zoom = Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, this.state.get().zoom * factor));
    this.planar().setZoom(zoom, [at.x, at.y]);
    this.viewport().render();
  }

  panBy(dx: number, dy: number): void {
    const [x, y] = this.viewport().getPan();
    this.viewport().setPan([x + dx, y + dy]);
    this.viewport().render();
  }

  /** Fit the picture to the canvas again. */
  fit(): void {
    this.viewport().resetCamera();
    this.viewport().render();
  }

  /** The pixels of a frame if they are here. */
  pixels(index: number): FramePixels | null {
    const imageId = this.imageIds[index];
    const image = imageId ? cache.getImage(imageId) : undefined;
    return image ? framePixels(image) : null;
  }

  isLoaded(index: number): boolean {
    return this.prefetch.has(index);
  }

  destroy(): void {
    this.destroyed = true;
    this.prefetch.stop();
    this.observer.disconnect();
    this.element.removeEventListener(Enums.Events.STACK_NEW_IMAGE, this.onNewImage);
    this.element.removeEventListener(Enums.Events.IMAGE_RENDERED, this.onRendered);
    this.engine.disableElement(this.viewportId);
    this.shaded?.frames.destroy();
    forgetFrames(this.imageIds);
  }

  private async show(index: number): Promise<void> {
    try {
      await this.loadFrame(index);
      await this.mounting;
      if (this.destroyed || this.state.get().index !== index) return;
      // Draws by itself: a second drawing of the same picture would cost as much again.
      await this.viewport().setImageIdIndex(index);
    } catch {
      if (this.state.get().index === index) this.fail(index);
    }
  }

  private fail(index: number): void {
    if (!this.destroyed) this.state.patch({ failure: failureSentence(index) });
  }

  /** Put the frames on the screen as a window wants them: as they are, or shaded. */
  private async mount(window: Window, index: number): Promise<void> {
    const look = lookOf(window);
    const before = this.shaded;
    const shade = (at: number): Promise<Shade> => this.shade(window, at);
    const frames = look === null ? null : new ShadedFrames(this.imageIds, shade);
    try {
      const imageIds = frames?.imageIds ?? this.imageIds;
      // Computed before anything leaves the screen.
      await this.load(imageIds[index], Enums.RequestType.Interaction);
      if (this.destroyed) throw new Error("The picture was closed.");
      this.shaded = frames && look !== null ? { look, frames } : null;
      await this.viewport().setStack([...imageIds], index);
    } catch (error) {
      frames?.destroy();
      throw error;
    }
    before?.frames.destroy();
  }

  /** Go from one look to another, and on to whatever was wanted meanwhile. */
  private async remount(): Promise<void> {
    const { window, index } = this.state.get();
    if (!window || this.destroyed) return;
    let settled: Window;
    try {
      if (lookOf(window) !== (this.shaded?.look ?? null)) await this.mount(window, index);
      settled = await this.settled(window, index);
    } catch {
      this.fail(index);
      return;
    }
    if (this.destroyed) return;
    const wanted = this.state.get().window ?? window;
    if (lookOf(wanted) !== lookOf(window)) return this.remount();
    this.applyWindow(wanted === window ? settled : wanted);
    this.viewport().render();
  }

  /** A look through a table, with the window over what changes in it: a hand goes on from there. */
  private async settled(window: Window, index: number): Promise<Window> {
    if (typeof window.table !== "number") return window;
    const table = (await this.tablesOf(index))[window.table];
    return table ? { ...windowOfTable(table), table: window.table } : window;
  }

  private async shade(window: Window, index: number): Promise<Shade> {
    const frame = this.frames[index];
    if (!frame) throw new RangeError(`There is no frame ${index}.`);
    return shadeOf(window, frame.image, await this.tablesOf(index));
  }

  private async tablesOf(index: number) {
    const frame = this.frames[index];
    return frame?.image.voi_tables?.length ? this.tables.of(frame.key) : [];
  }

  /** A frame by its values, and as it is shown where that is something else. */
  private async loadFrame(index: number): Promise<Types.IImage> {
    const image = await this.load(this.imageIds[index], Enums.RequestType.Interaction);
    const shadedId = this.shaded?.frames.imageIds[index];
    if (shadedId !== undefined) await this.load(shadedId, Enums.RequestType.Interaction);
    return image;
  }

  private async prefetchFrame(index: number): Promise<void> {
    await this.load(this.imageIds[index], Enums.RequestType.Prefetch);
    const shadedId = this.shaded?.frames.imageIds[index];
    if (shadedId === undefined) return;
    // The look may have changed by now: then it is shaded when somebody comes by.
    await this.load(shadedId, Enums.RequestType.Prefetch).catch(() => undefined);
  }

  private load(imageId: string | undefined, requestType: Enums.RequestType): Promise<Types.IImage> {
    if (!imageId) return Promise.reject(new RangeError("There is no such frame."));
    return imageLoader.loadAndCacheImage(imageId, { requestType, priority: 0 });
  }

  private applyWindow(window: Window): void {
    const isInverted = this.frames[0]?.image.photometric_interpretation === "MONOCHROME1";
    this.viewport().setProperties({
      voiRange: this.shaded ? ALL_GREYS : edgesOf(window),
      invert: isInverted,
    });
    this.state.patch({ window });
  }

  private viewport(): Types.IStackViewport {
    return this.engine.getViewport(this.viewportId) as Types.IStackViewport;
  }

  private planar(): PlanarPart {
    return this.viewport() as unknown as PlanarPart;
  }

  private resize(): void {
    if (this.destroyed || this.element.clientWidth === 0) return;
    this.engine.resize(true, true);
    // The engine compares with a canvas that is hidden while the processor draws, and may see no change.
    this.planar().resize();
    if (this.arrived === null) return;
    this.viewport().render();
    this.refresh();
  }

  private readonly onNewImage = (event: Event): void => {
    const { imageIdIndex } = (event as CustomEvent<{ imageIdIndex?: number }>).detail;
    if (imageIdIndex !== undefined) this.arrived = imageIdIndex;
  };

  private readonly onRendered = (): void => {
    this.refresh();
  };

  private refresh(): void {
    const shown = this.arrived;
    const frame = shown === null ? undefined : this.frames[shown];
    if (!frame || this.destroyed) return;
    this.state.patch({
      shown,
      toCanvas: this.frameToCanvas(frame),
      zoom: this.viewport().getZoom(),
      failure: shown === this.state.get().index ? null : this.state.get().failure,
    });
  }

  private frameToCanvas(frame: PlacedFrame): Affine2d {
    const at = (point: FramePoint): Point => {
      const [x, y, z] = pointToLps(frame.plane, point);
      const [cx, cy] = this.viewport().worldToCanvas([x, y, z]);
      return { x: cx, y: cy };
    };
    // Two far corners, so that rounding inside the renderer is not blown up over the picture.
    const [right, bottom] = [frame.columns - 1 || 1, frame.rows - 1 || 1];
    const origin = at({ i: 0, j: 0 });
    const far = affineFromFrame(origin, at({ i: right, j: 0 }), at({ i: 0, j: bottom }));
    return {
      ...far,
      a: far.a / right,
      b: far.b / right,
      c: far.c / bottom,
      d: far.d / bottom,
    };
  }
}

/** Tells one way of shading frames from another; null for a straight window, which needs none. */
function lookOf({ table, center, width, function: kind }: Window): string | null {
  if (typeof table === "number") return `table ${table}`;
  return kind === "SIGMOID" ? `sigmoid ${center} ${width}` : null;
}

function failureSentence(index: number): string {
  return `Slice ${index + 1} could not be loaded. It is asked for again when you come back to it.`;
}
