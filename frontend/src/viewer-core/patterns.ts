/** Whether a voxel lies on a line of a pattern. */
export type Pattern = (i: number, j: number) => boolean;

const PERIOD = 5;
const USUAL_COLUMNS = 256;

const PATTERNS: readonly ((i: number, j: number, period: number, width: number) => boolean)[] = [
  (i, j, period, width) => (i + j) % period < width,
  (i, j, period, width) => (((i - j) % period) + period) % period < width,
  (_i, j, period, width) => j % period < width,
  (i, _j, period, width) => i % period < width,
  (i, j, period, width) => i % period < width && j % period < width,
  (i, j, period, width) => i % period < width || j % period < width,
];

/** The pattern of a segment, by its place in the list; coarser on finer images. */
export function patternOf(number: number, columns: number): Pattern {
  const width = Math.max(1, Math.round(columns / USUAL_COLUMNS));
  const drawn = PATTERNS[number % PATTERNS.length];
  return (i, j) => drawn?.(i, j, PERIOD * width, width) ?? false;
}

/** The same pattern as an image for CSS, for the list of segments. */
export function patternCss(number: number, color: string): string {
  const stripes = (angle: string): string =>
    `repeating-linear-gradient(${angle}, ${color} 0 1.5px, transparent 1.5px 4px)`;
  const dots = `radial-gradient(${color} 1px, transparent 1.4px) 0 0 / 4px 4px`;
  const looks = [
    stripes("135deg"),
    stripes("45deg"),
    stripes("0deg"),
    stripes("90deg"),
    dots,
    `${stripes("0deg")}, ${stripes("90deg")}`,
  ];
  return looks[number % looks.length] ?? "none";
}
