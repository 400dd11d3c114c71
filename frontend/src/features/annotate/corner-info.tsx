import { memo, type ReactNode } from "react";

import { planeNormal, pointToLps } from "@/geometry/frame-plane";
import { orientationLetters } from "@/geometry/orientation";
import { scale } from "@/geometry/vec3";
import type { GridView } from "@/viewer-core/grid-view";
import type { ImageViewport, PictureState } from "@/viewer-core/image-viewport";
import type { PlacedFrame } from "@/viewer-core/series-geometry";
import type { Store } from "@/viewer-core/store";
import type { Probe } from "@/viewer-core/workbench";

import classes from "./picture.module.css";
import { useStore } from "./use-store";
import { WindowMenu } from "./window-menu";

/** A series on the screen: the one that is worked on, or the one beside it. */
export interface ShownSeries {
  readonly view: GridView;
  readonly frames: readonly PlacedFrame[];
  readonly picture: Store<PictureState | null>;
  readonly probe: Store<Probe | null>;
  readonly viewport: ImageViewport | null;
}

interface CornerInfoProps {
  readonly shown: ShownSeries;
  /** Not where the series is named beside it. */
  readonly hasTitle: boolean;
  /** What else there is to say of the slice. */
  readonly children?: ReactNode;
}

/** The corners of the picture: series, slice, window, zoom, value; letters and scale. No patient. */
export function CornerInfo({ shown, hasTitle, children }: CornerInfoProps) {
  const { view, frames } = shown;
  const picture = useStore(shown.picture);
  const frame = picture?.shown === null ? undefined : frames[picture?.shown ?? -1];
  return (
    <div className={classes["corners"]}>
      <div className={classes["topLeft"]}>
        <span>
          {hasTitle && [view.modality, view.series.description].filter(Boolean).join(" · ")}
        </span>
        <span className={classes["strong"]}>
          {(picture?.index ?? 0) + 1} / {frames.length}
        </span>
        {picture && picture.loaded < frames.length && (
          <span className={classes["dim"]}>{picture.loaded} loaded</span>
        )}
        {children}
      </div>
      <div className={classes["bottomLeft"]}>
        <ProbeLine shown={shown} frame={frame} />
        <WindowMenu view={view} picture={picture} viewport={() => shown.viewport} />
        <span>{picture ? `Zoom ${Math.round(picture.zoom * 100)} %` : ""}</span>
      </div>
      {frame && <Letters frame={frame} />}
      {frame && picture?.toCanvas && <ScaleBar frame={frame} toCanvas={picture.toCanvas} />}
    </div>
  );
}

interface ProbeLineProps {
  readonly shown: ShownSeries;
  readonly frame: PlacedFrame | undefined;
}

function ProbeLine({ shown, frame }: ProbeLineProps) {
  const probe = useStore(shown.probe);
  if (!probe || !frame) return <span>&nbsp;</span>;
  const [i, j] = [Math.round(probe.point.i), Math.round(probe.point.j)];
  const isInside = i >= 0 && j >= 0 && i < frame.columns && j < frame.rows;
  if (!isInside) return <span>&nbsp;</span>;
  const value = probe.value === null ? "" : `${valueWords(probe.value, frame, shown)}  ·  `;
  const place = frame.isPlaced
    ? pointToLps(frame.plane, probe.point)
        .map((mm) => mm.toFixed(1))
        .join("  ")
    : "";
  return (
    <span>
      {value}
      {i}, {j}
      {place && <span className={classes["dim"]}> · {place} mm</span>}
    </span>
  );
}

/** "42 HU", "5.31 SUV", or the number alone where its unit is not known. */
function valueWords(value: number, frame: PlacedFrame, shown: ShownSeries): string {
  const { suv_factor: factor, rescale_type: type } = frame.image;
  if (factor) return `${(value * factor).toFixed(2)} SUV`;
  if (shown.view.modality === "CT") return `${round(value)} HU`;
  return type === "GY" ? `${value.toPrecision(4)} Gy` : round(value);
}

function round(value: number): string {
  return Number.isInteger(value) ? `${value}` : value.toFixed(1);
}

/** What lies beyond each side of the picture. */
const Letters = memo(function Letters({ frame }: { readonly frame: PlacedFrame }) {
  if (!frame.isPlaced) return null;
  const { along_i, along_j } = frame.plane;
  return (
    <>
      <span className={classes["left"]}>{orientationLetters(scale(along_i, -1))}</span>
      <span className={classes["right"]}>{orientationLetters(along_i)}</span>
      <span className={classes["top"]}>{orientationLetters(scale(along_j, -1))}</span>
      <span className={classes["bottom"]}>{orientationLetters(along_j)}</span>
      <span className={classes["normal"]}>
        slices run to {orientationLetters(planeNormal(frame.plane))}
      </span>
    </>
  );
});

const TARGET_PX = 120;

interface ScaleBarProps {
  readonly frame: PlacedFrame;
  readonly toCanvas: NonNullable<PictureState["toCanvas"]>;
}

/** A bar of a round length near 120 pixels. */
function ScaleBar({ frame, toCanvas }: ScaleBarProps) {
  const pixelsPerUnit = Math.hypot(toCanvas.a, toCanvas.b) / frame.spacing_i_mm;
  const wanted = TARGET_PX / pixelsPerUnit;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = [5, 2, 1].find((candidate) => candidate * power <= wanted) ?? 1;
  const length = step * power;
  const isCm = frame.isCalibrated && length >= 10;
  const unit = frame.isCalibrated ? (isCm ? "cm" : "mm") : "px";
  return (
    <div className={classes["scale"]}>
      <span>
        {isCm ? length / 10 : length} {unit}
      </span>
      <i style={{ width: length * pixelsPerUnit }} />
    </div>
  );
}
