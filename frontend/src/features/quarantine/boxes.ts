import type { Box } from "@/api/types";

export interface Size {
  readonly rows: number;
  readonly columns: number;
}

export interface Point {
  readonly row: number;
  readonly column: number;
}

/** What a drag takes hold of: the whole box, or one of its corners. */
export type Grip = "inside" | "top-left" | "top-right" | "bottom-left" | "bottom-right";

/** Smaller boxes are slips of the hand. */
const smallest = 3;

/** The box between two points, whole pixels, inside the picture. */
export function boxBetween(one: Point, other: Point, size: Size): Box {
  return clamped(
    [
      Math.floor(Math.min(one.row, other.row)),
      Math.floor(Math.min(one.column, other.column)),
      Math.ceil(Math.max(one.row, other.row)),
      Math.ceil(Math.max(one.column, other.column)),
    ],
    size,
  );
}

export function isLargeEnough([top, left, bottom, right]: Box): boolean {
  return bottom - top >= smallest && right - left >= smallest;
}

/** The box moved by rows and columns; it stops at the edge and keeps its size. */
export function moved([top, left, bottom, right]: Box, by: Point, size: Size): Box {
  const down = Math.min(Math.max(Math.round(by.row), -top), size.rows - bottom);
  const across = Math.min(Math.max(Math.round(by.column), -left), size.columns - right);
  return [top + down, left + across, bottom + down, right + across];
}

/** The box with one corner at another place; corners may pass one another. */
export function resized(box: Box, grip: Grip, to: Point, size: Size): Box {
  const [top, left, bottom, right] = box;
  const fixed = {
    row: grip.startsWith("top") ? bottom : top,
    column: grip.endsWith("left") ? right : left,
  };
  return boxBetween(fixed, to, size);
}

export function corners([top, left, bottom, right]: Box): readonly (readonly [Grip, Point])[] {
  return [
    ["top-left", { row: top, column: left }],
    ["top-right", { row: top, column: right }],
    ["bottom-left", { row: bottom, column: left }],
    ["bottom-right", { row: bottom, column: right }],
  ];
}

/** A box in the middle, for those who draw with keys. */
export function middleBox({ rows, columns }: Size): Box {
  const height = Math.max(smallest, Math.round(rows / 12));
  const width = Math.max(smallest, Math.round(columns / 4));
  const top = Math.round((rows - height) / 2);
  const left = Math.round((columns - width) / 2);
  return clamped([top, left, top + height, left + width], { rows, columns });
}

function clamped([top, left, bottom, right]: Box, { rows, columns }: Size): Box {
  return [
    Math.max(0, Math.min(top, rows)),
    Math.max(0, Math.min(left, columns)),
    Math.max(0, Math.min(bottom, rows)),
    Math.max(0, Math.min(right, columns)),
  ];
}
