import { distanceFromPlane, type FramePlane, pointToLps } from "@/geometry/frame-plane";
import { gridGeometry } from "@/geometry/grid";
import { type Vec3, vec3 } from "@/geometry/vec3";

import type { FrameDescription, GridView, ImageDescription } from "./grid-view";
import type { Canvas2d } from "./raster";

/** A frame in its place: what tools and the picture need to know. */
export interface PlacedFrame extends Canvas2d {
  readonly key: string;
  /** Index in grid order. */
  readonly index: number;
  readonly image: ImageDescription;
  /** Where it lies; for a frame without geometry a plane of its own, in millimetres or pixels. */
  readonly plane: FramePlane;
  /** Whether `plane` says where the frame lies in the patient. */
  readonly isPlaced: boolean;
  /** Whether spacings are true millimetres. */
  readonly isCalibrated: boolean;
  /** Volume of one voxel in millilitres; null without true distances. */
  readonly voxel_ml: number | null;
}

interface Spacing {
  readonly spacing_i_mm: number;
  readonly spacing_j_mm: number;
  readonly isCalibrated: boolean;
}

/** In-plane spacing: measured, else the pixel's aspect, else square pixels. */
function imageSpacing(image: ImageDescription): Spacing {
  const [row, column] = image.pixel_spacing_mm ?? [];
  if (row && column) return { spacing_i_mm: column, spacing_j_mm: row, isCalibrated: true };
  const [vertical, horizontal] = image.pixel_aspect ?? [];
  const aspect = vertical && horizontal ? vertical / horizontal : 1;
  return { spacing_i_mm: 1, spacing_j_mm: aspect, isCalibrated: false };
}

function framePlane(frame: FrameDescription, spacing: Spacing): FramePlane | null {
  if (!frame.position_mm_lps || frame.orientation?.length !== 6) return null;
  return {
    origin_mm_lps: vec3(frame.position_mm_lps),
    along_i: vec3(frame.orientation.slice(0, 3)),
    along_j: vec3(frame.orientation.slice(3)),
    spacing_i_mm: spacing.spacing_i_mm,
    spacing_j_mm: spacing.spacing_j_mm,
  };
}

/** Frames without geometry are laid behind one another, a unit apart. */
function loosePlane(index: number, spacing: Spacing): FramePlane {
  return {
    origin_mm_lps: [0, 0, index],
    along_i: [1, 0, 0],
    along_j: [0, 1, 0],
    spacing_i_mm: spacing.spacing_i_mm,
    spacing_j_mm: spacing.spacing_j_mm,
  };
}

/** Put every frame of a view in its place. */
export function placeFrames(view: GridView): PlacedFrame[] {
  const thickness_mm = sliceStep(view);
  return view.frames.map((frame, index) => {
    const image = view.images[frame.image];
    if (!image) throw new RangeError(`Frame ${frame.key} has no image description.`);
    const spacing = imageSpacing(image);
    const placed = framePlane(frame, spacing);
    const area = spacing.spacing_i_mm * spacing.spacing_j_mm;
    return {
      key: frame.key,
      index,
      image,
      rows: image.rows,
      columns: image.columns,
      ...spacing,
      plane: placed ?? loosePlane(index, spacing),
      isPlaced: placed !== null,
      voxel_ml: spacing.isCalibrated && thickness_mm ? (area * thickness_mm) / 1000 : null,
    };
  });
}

function sliceStep(view: GridView): number | null {
  const { origin_mm_lps, spacing_mm_ijk, direction } = view.grid;
  if (!origin_mm_lps || !spacing_mm_ijk || !direction || view.frames.length < 2) return null;
  return gridGeometry(origin_mm_lps, spacing_mm_ijk, direction).spacing_mm_ijk[2];
}

/** A frame that a ball touches, and the radius of the disc in which it does. */
export interface BallSection {
  readonly frame: PlacedFrame;
  readonly radius_mm: number;
}

/**
 * The frames that a ball around a point of `frame` cuts, each with the radius of the cut.
 *
 * Distances come from the frames' own positions, so that a gap in the series stays a gap.
 */
export function ballSections(
  frames: readonly PlacedFrame[],
  frame: PlacedFrame,
  centre: { readonly i: number; readonly j: number },
  radius_mm: number,
): BallSection[] {
  if (!frame.isPlaced) return [{ frame, radius_mm }];
  const centre_mm: Vec3 = pointToLps(frame.plane, centre);
  return frames.flatMap((other) => {
    if (!other.isPlaced) return [];
    const distance = distanceFromPlane(other.plane, centre_mm);
    const left = radius_mm ** 2 - distance ** 2;
    return left < 0 ? [] : [{ frame: other, radius_mm: Math.sqrt(left) }];
  });
}

/** The frame nearest to a position along the frames' own normals; null where none has a place. */
export function nearestFrame(
  frames: readonly PlacedFrame[],
  position_mm_lps: Vec3,
): PlacedFrame | null {
  let best: PlacedFrame | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const frame of frames) {
    if (!frame.isPlaced) continue;
    const distance = Math.abs(distanceFromPlane(frame.plane, position_mm_lps));
    if (distance < least) {
      least = distance;
      best = frame;
    }
  }
  return best;
}

/** The middle of a frame in patient space. */
export function frameCentre(frame: PlacedFrame): Vec3 {
  return pointToLps(frame.plane, { i: (frame.columns - 1) / 2, j: (frame.rows - 1) / 2 });
}
