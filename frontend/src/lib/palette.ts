/**
 * Segment colours in their fixed order.
 *
 * Okabe and Ito's colour-blind-safe set first, then Tol's muted set; black and
 * near-black are left out, since the image behind is black.
 */
export const segmentPalette: readonly string[] = [
  "#e69f00",
  "#56b4e9",
  "#009e73",
  "#f0e442",
  "#d55e00",
  "#cc79a7",
  "#0072b2",
  "#88ccee",
  "#ddcc77",
  "#44aa99",
  "#cc6677",
  "#999933",
  "#aa4499",
  "#dddddd",
];

export function paletteColor(index: number): string {
  return segmentPalette[index % segmentPalette.length] ?? "#e69f00";
}
