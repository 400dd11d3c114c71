import { type PointerEvent, useEffect, useMemo, useRef, useState } from "react";

import { fitToElement } from "@/viewer-core/label-painter";
import type { Station } from "@/viewer-core/station";
import { sliceCoverage } from "@/viewer-core/totals";

import type { Place } from "./places";
import classes from "./station.module.css";
import { useStore } from "./use-store";

interface SliceBarProps {
  readonly station: Station;
  readonly places: readonly Place[];
  readonly unsure: { readonly first: number; readonly last: number } | null;
}

/** The map of the volume: labels, where the model is unsure, where you have been. Click to go. */
export function SliceBar({ station, places, unsure }: SliceBarProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const revision = useStore(station.revision);
  const { showsProposal } = useStore(station.settings);
  const picture = useStore(station.workbench.picture);
  const visited = useStore(station.workbench.visited);
  const [size, setSize] = useState("");
  const index = picture?.index ?? 0;
  const count = station.frames.length;

  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      setSize(`${element.clientWidth} ${element.clientHeight}`);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  // Labels change seldom, the slice often: the map is drawn once and the marks above it each time.
  // biome-ignore lint/correctness/useExhaustiveDependencies: revision and size stand for what is drawn
  const map = useMemo(() => {
    const element = canvas.current;
    return element ? drawMap(element, { station, unsure, showsProposal }) : null;
  }, [station, unsure, showsProposal, revision, size]);

  useEffect(() => {
    if (canvas.current && map) drawBar(canvas.current, map, { places, index, visited, count });
  }, [map, places, index, visited, count]);

  function go(event: PointerEvent<HTMLCanvasElement>): void {
    if (event.buttons !== 1) return;
    const box = event.currentTarget.getBoundingClientRect();
    const at = Math.floor(((event.clientX - box.left) / box.width) * count);
    station.workbench.goTo(Math.min(count - 1, Math.max(0, at)));
  }

  return (
    <footer className={classes["sliceBar"]}>
      <canvas
        ref={canvas}
        role="slider"
        tabIndex={0}
        aria-label="Slice"
        aria-valuemin={1}
        aria-valuemax={count}
        aria-valuenow={index + 1}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          go(event);
        }}
        onPointerMove={go}
        onKeyDown={(event) => {
          const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
          if (step) station.workbench.goTo(index + step);
        }}
      />
    </footer>
  );
}

interface MapState {
  readonly station: Station;
  readonly unsure: { readonly first: number; readonly last: number } | null;
  readonly showsProposal: boolean;
}

interface BarState {
  readonly places: readonly Place[];
  readonly index: number;
  readonly visited: ReadonlySet<number>;
  readonly count: number;
}

const UNSURE = "rgb(177 151 252 / 26%)";
const PROPOSED = "rgb(177 151 252 / 70%)";
const VISITED = "#4d5763";
const UNVISITED = "#20262d";
const CURRENT = "#35c9c3";
const STRIP = 4;
const PLACE_MARK = 5;

/** What lies below the marks: unsure slices and coverage, the size of the bar. */
function drawMap(bar: HTMLCanvasElement, state: MapState): HTMLCanvasElement {
  fitToElement(bar);
  const map = document.createElement("canvas");
  map.width = bar.width;
  map.height = bar.height;
  const context = map.getContext("2d");
  if (!context) return map;
  const ratio = window.devicePixelRatio;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const slot = bar.clientWidth / state.station.frames.length;
  const height = bar.clientHeight - STRIP - 2;
  if (state.unsure) {
    const { first, last } = state.unsure;
    context.fillStyle = UNSURE;
    context.fillRect(first * slot, 0, (last - first + 1) * slot, height);
  }
  drawCoverage(context, state, slot, height);
  return map;
}

function drawBar(canvas: HTMLCanvasElement, map: HTMLCanvasElement, state: BarState): void {
  const context = canvas.getContext("2d");
  if (!context || map.width === 0) return;
  const ratio = window.devicePixelRatio;
  const [width, height] = [canvas.width / ratio, canvas.height / ratio];
  context.resetTransform();
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.drawImage(map, 0, 0);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const { count, index } = state;
  const slot = width / count;
  for (let at = 0; at < count; at++) {
    context.fillStyle = state.visited.has(at) ? VISITED : UNVISITED;
    const gap = slot > 3 ? 0.5 : 0;
    context.fillRect(at * slot, height - STRIP, slot - gap, STRIP);
  }
  for (const place of state.places) drawPlace(context, (place.index + 0.5) * slot);
  const x = index * slot;
  context.fillStyle = CURRENT;
  context.fillRect(x, height - STRIP, Math.max(2, slot), STRIP);
  context.fillRect(x + slot / 2 - 0.75, 0, 1.5, height);
}

function drawPlace(context: CanvasRenderingContext2D, x: number): void {
  context.beginPath();
  context.moveTo(x - PLACE_MARK, 0);
  context.lineTo(x + PLACE_MARK, 0);
  context.lineTo(x, PLACE_MARK + 1);
  context.fillStyle = "#b197fc";
  context.fill();
}

/** One lane for each segment; in it, how much of the segment each slice holds. */
function drawCoverage(
  context: CanvasRenderingContext2D,
  { station, showsProposal }: MapState,
  slot: number,
  height: number,
): void {
  const { segments, frames, proposals, document } = station;
  const labelled = sliceCoverage(document.masks, frames);
  const proposed = proposals && showsProposal ? sliceCoverage(proposals.masks, frames) : null;
  const lane = height / Math.max(1, segments.length);
  segments.forEach(({ id, color }, row) => {
    const counts = labelled.map((slice) => slice.get(id) ?? 0);
    const open = (proposed ?? []).map((slice, index) => {
      const isOpen = proposals?.isOpen(id, frames[index]?.key ?? "") ?? false;
      return isOpen ? (slice.get(id) ?? 0) : 0;
    });
    const most = Math.max(1, ...counts, ...open);
    const bars = (sizes: readonly number[], fill: string, thin: boolean): void => {
      context.fillStyle = fill;
      sizes.forEach((size, index) => {
        if (size === 0) return;
        const tall = Math.max(1.5, (lane - 1) * Math.sqrt(size / most));
        const bottom = (row + 1) * lane;
        const drawn = thin ? 1.5 : tall;
        context.fillRect(index * slot, bottom - tall, Math.max(1, slot - 0.5), drawn);
      });
    };
    bars(counts, color, false);
    bars(open, PROPOSED, true);
  });
}
