const IN_FLIGHT = 4;
/** Each telling redraws the page; more often than this nobody sees, and frames wait for it. */
const TELL_EVERY_MS = 200;

/**
 * Fetches the frames of a series from the current one outwards.
 *
 * The next frame is chosen anew whenever one arrives, so that a jump is followed at once.
 * A frame that fails is tried once more when the user comes by.
 */
export class Prefetch {
  private readonly loaded = new Set<number>();
  private readonly started = new Set<number>();
  private readonly count: number;
  private readonly load: (index: number) => Promise<unknown>;
  private readonly onProgress: (loaded: number) => void;
  private current = 0;
  private inFlight = 0;
  private stopped = false;
  private telling: ReturnType<typeof setTimeout> | null = null;

  constructor(
    count: number,
    load: (index: number) => Promise<unknown>,
    onProgress: (loaded: number) => void,
  ) {
    this.count = count;
    this.load = load;
    this.onProgress = onProgress;
  }

  /** Go on around this frame. */
  around(index: number): void {
    this.current = index;
    if (!this.loaded.has(index)) this.started.delete(index);
    this.fill();
  }

  has(index: number): boolean {
    return this.loaded.has(index);
  }

  stop(): void {
    this.stopped = true;
    if (this.telling !== null) clearTimeout(this.telling);
  }

  private fill(): void {
    while (!this.stopped && this.inFlight < IN_FLIGHT) {
      const next = this.nearestUnstarted();
      if (next === null) return;
      void this.fetch(next);
    }
  }

  private async fetch(index: number): Promise<void> {
    this.started.add(index);
    this.inFlight++;
    try {
      await this.load(index);
      this.loaded.add(index);
      this.tell();
    } catch {
      // Left in `started`: it is asked for again when the user goes there.
    } finally {
      this.inFlight--;
      this.fill();
    }
  }

  private tell(): void {
    if (this.stopped) return;
    this.telling ??= setTimeout(() => {
      this.telling = null;
      this.onProgress(this.loaded.size);
    }, TELL_EVERY_MS);
  }

  private nearestUnstarted(): number | null {
    for (let distance = 0; distance < this.count; distance++) {
      for (const index of [this.current + distance, this.current - distance]) {
        if (index >= 0 && index < this.count && !this.started.has(index)) return index;
      }
    }
    return null;
  }
}
