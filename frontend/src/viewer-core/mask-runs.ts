const WORDS_PER_RUN = 4;

/** A run of voxels of one frame that changed from one value to another. */
export interface Run {
  readonly start: number;
  readonly length: number;
  readonly before: number;
  readonly after: number;
}

/** A rectangle of voxels; the upper bounds are not part of it. */
export interface VoxelRect {
  readonly i0: number;
  readonly j0: number;
  readonly i1: number;
  readonly j1: number;
}

/** The difference between two states of one mask frame, as runs in row-major order. */
export class MaskRuns {
  /** start, length, before, after; four words a run. Kept flat, so that it can lie in IndexedDB. */
  readonly words: Uint32Array<ArrayBuffer>;

  constructor(words: Uint32Array<ArrayBuffer>) {
    this.words = words;
  }

  static of(runs: readonly Run[]): MaskRuns {
    return new MaskRuns(
      Uint32Array.from(runs.flatMap((run) => [run.start, run.length, run.before, run.after])),
    );
  }

  get bytes(): number {
    return this.words.byteLength;
  }

  get isEmpty(): boolean {
    return this.words.length === 0;
  }

  forEach(visit: (run: Run) => void): void {
    const w = this.words;
    for (let at = 0; at < w.length; at += WORDS_PER_RUN) {
      visit({
        start: w[at] ?? 0,
        length: w[at + 1] ?? 0,
        before: w[at + 2] ?? 0,
        after: w[at + 3] ?? 0,
      });
    }
  }

  inverted(): MaskRuns {
    const words = this.words.slice();
    for (let at = 0; at < words.length; at += WORDS_PER_RUN) {
      words[at + 2] = this.words[at + 3] ?? 0;
      words[at + 3] = this.words[at + 2] ?? 0;
    }
    return new MaskRuns(words);
  }

  /** Write the later state of every run into a frame. */
  applyTo(values: Uint16Array): void {
    this.forEach(({ start, length, after }) => {
      values.fill(after, start, start + length);
    });
  }

  /** The smallest rectangle that holds every changed voxel of a frame with this many columns. */
  bounds(columns: number): VoxelRect | null {
    if (this.isEmpty) return null;
    let [i0, j0, i1, j1] = [columns, Number.POSITIVE_INFINITY, 0, 0];
    this.forEach(({ start, length }) => {
      const last = start + length - 1;
      const [top, bottom] = [Math.floor(start / columns), Math.floor(last / columns)];
      j0 = Math.min(j0, top);
      j1 = Math.max(j1, bottom + 1);
      i0 = top === bottom ? Math.min(i0, start % columns) : 0;
      i1 = top === bottom ? Math.max(i1, (last % columns) + 1) : columns;
    });
    return { i0, j0, i1, j1 };
  }
}

/** The runs that lead from one state of a frame to another, looked for inside a rectangle only. */
export function diffFrames(
  before: Uint16Array,
  after: Uint16Array,
  columns: number,
  rect: VoxelRect,
): MaskRuns {
  const runs: number[] = [];
  for (let j = rect.j0; j < rect.j1; j++) {
    diffSpan(before, after, j * columns + rect.i0, j * columns + rect.i1, runs);
  }
  return new MaskRuns(Uint32Array.from(runs));
}

function diffSpan(
  before: Uint16Array,
  after: Uint16Array,
  from: number,
  to: number,
  runs: number[],
): void {
  let index = from;
  while (index < to) {
    const old = before[index] ?? 0;
    const now = after[index] ?? 0;
    if (old === now) {
      index++;
      continue;
    }
    const start = index;
    while (index < to && before[index] === old && after[index] === now) index++;
    runs.push(start, index - start, old, now);
  }
}

/** The smallest rectangle that holds both. */
export function unionRect(a: VoxelRect | null, b: VoxelRect): VoxelRect {
  if (a === null) return b;
  return {
    i0: Math.min(a.i0, b.i0),
    j0: Math.min(a.j0, b.j0),
    i1: Math.max(a.i1, b.i1),
    j1: Math.max(a.j1, b.j1),
  };
}
