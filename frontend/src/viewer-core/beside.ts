import { applyAffine, type Point } from "@/geometry/affine2d";
import { lpsToPoint, pointToLps } from "@/geometry/frame-plane";

import type { BenchHost } from "./bench-host";
import { canvasToFrame, valueUnder } from "./frame-point";
import type { GridView } from "./grid-view";
import { ImageViewport, type PictureState } from "./image-viewport";
import { fitToElement, LabelPainter } from "./label-painter";
import { PointerHand } from "./pointer-hand";
import { frameCentre, nearestFrame, type PlacedFrame, placeFrames } from "./series-geometry";
import { Store } from "./store";
import { PanTool } from "./tools/pan-tool";
import type { Hand } from "./tools/tool";
import type { Probe, Workbench, WorkbenchElements } from "./workbench";

/** What the second picture needs from the station. */
interface BesideHost extends BenchHost {
  readonly workbench: Workbench;
}

const MARK_PX = 9;

/**
 * A second picture beside the one that is worked on: the same series with a slice and a window of
 * its own, or another series of the study. It is looked at, not drawn on.
 */
export class Beside {
  readonly picture = new Store<PictureState | null>(null);
  readonly probe = new Store<Probe | null>(null);
  /** Whether both pictures scroll together, by position in the patient. */
  readonly isLinked: Store<boolean>;
  readonly view: GridView;
  readonly frames: readonly PlacedFrame[];
  /** Both lie in one frame of reference, so that a position means the same in both. */
  readonly canLink: boolean;
  viewport: ImageViewport | null = null;
  private readonly station: BesideHost;
  private readonly isSame: boolean;
  private readonly pan = new PanTool((dx, dy) => this.viewport?.panBy(dx, dy));
  private isFollowing = false;

  constructor(station: BesideHost, view: GridView) {
    this.station = station;
    this.view = view;
    this.isSame = view.grid.id === station.view.grid.id;
    this.frames = this.isSame ? station.frames : placeFrames(view);
    this.canLink = shareSpace(station.view, view) && this.frames.some(({ isPlaced }) => isPlaced);
    this.isLinked = new Store(this.canLink && !this.isSame);
  }

  readonly tool = (): PanTool => this.pan;

  readonly frame = (): PlacedFrame | null => {
    const shown = this.picture.get()?.shown;
    return (shown === null || shown === undefined ? null : this.frames[shown]) ?? null;
  };

  attach({ picture, labels, sketch }: WorkbenchElements): () => void {
    const { station, view, frames } = this;
    const viewport = new ImageViewport(
      picture,
      view,
      frames,
      station.frameTokenNow,
      station.tableDoor,
    );
    this.viewport = viewport;
    const painter = this.isSame ? new LabelPainter(labels, station.workbench.paintSource()) : null;
    const hand = new PointerHand(sketch, this, station);
    const { workbench } = station;
    const stops = [
      viewport.state.subscribe(() => this.onPicture(viewport.state.get(), painter)),
      workbench.picture.subscribe(() => this.follow()),
      workbench.probe.subscribe(() => this.drawMark(sketch)),
      this.isLinked.subscribe(() => this.follow()),
      workbench.onRestyle(() => painter?.restyle()),
    ];
    void viewport.open(this.firstIndex());
    return () => {
      for (const stop of stops) stop();
      hand.close();
      painter?.destroy();
      viewport.destroy();
      this.viewport = null;
      this.picture.set(null);
    };
  }

  /** The user goes to a slice here; the picture that is worked on comes along when linked. */
  goTo(index: number): void {
    this.viewport?.goTo(index);
    if (!this.isLinked.get()) return;
    const here = this.frames[this.picture.get()?.index ?? index];
    const there = here && nearestFrame(this.station.frames, frameCentre(here));
    if (!there) return;
    this.isFollowing = true;
    this.station.workbench.goTo(there.index);
    this.isFollowing = false;
  }

  toFrame(at: Point) {
    return canvasToFrame(this.picture.get()?.toCanvas, at);
  }

  setProbe(hand: Hand | null): void {
    const pixels = hand && (this.viewport?.pixels(hand.frame.index) ?? null);
    this.probe.set(hand && { point: hand.point, value: valueUnder(hand, pixels) });
  }

  private onPicture(state: PictureState, painter: LabelPainter | null): void {
    const before = this.picture.get();
    this.picture.set(state);
    if (state.shown === before?.shown && state.toCanvas === before?.toCanvas) return;
    painter?.place(this.frame(), state.toCanvas);
  }

  private firstIndex(): number {
    const at = this.station.workbench.frame();
    const near = at && this.canLink ? nearestFrame(this.frames, frameCentre(at)) : null;
    return near?.index ?? (this.isSame ? (at?.index ?? 0) : Math.floor(this.frames.length / 2));
  }

  /** The picture that is worked on moved. */
  private follow(): void {
    const index = this.station.workbench.picture.get()?.index;
    const there = index === undefined ? undefined : this.station.frames[index];
    if (this.isFollowing || !this.isLinked.get() || !there) return;
    const here = nearestFrame(this.frames, frameCentre(there));
    if (here) this.viewport?.goTo(here.index);
  }

  /** Where the pointer of the other picture is, in this one. */
  private drawMark(canvas: HTMLCanvasElement): void {
    const context = canvas.getContext("2d");
    if (!context) return;
    fitToElement(canvas);
    const ratio = window.devicePixelRatio;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
    const at = this.markedPlace();
    if (!at) return;
    context.beginPath();
    context.moveTo(at.x - MARK_PX, at.y);
    context.lineTo(at.x + MARK_PX, at.y);
    context.moveTo(at.x, at.y - MARK_PX);
    context.lineTo(at.x, at.y + MARK_PX);
    for (const [width, style] of [
      [3, "rgb(0 0 0 / 60%)"],
      [1.25, "#35c9c3"],
    ] as const) {
      context.lineWidth = width;
      context.strokeStyle = style;
      context.stroke();
    }
  }

  private markedPlace(): Point | null {
    const probe = this.station.workbench.probe.get();
    const [from, to] = [this.station.workbench.frame(), this.frame()];
    const toCanvas = this.picture.get()?.toCanvas;
    if (!this.canLink || !probe || !from?.isPlaced || !to?.isPlaced || !toCanvas) return null;
    const { i, j } = lpsToPoint(to.plane, pointToLps(from.plane, probe.point));
    return applyAffine(toCanvas, { x: i, y: j });
  }
}

function shareSpace(a: GridView, b: GridView): boolean {
  const space = a.grid.frame_of_reference_uid;
  return space !== null && space === b.grid.frame_of_reference_uid;
}
