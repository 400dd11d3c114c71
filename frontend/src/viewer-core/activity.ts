const IDLE_AFTER_MS = 30_000;

/**
 * Counts the time in which the user was at work.
 *
 * A pause longer than half a minute is no work; shorter ones are reading.
 */
export class Activity {
  private readonly now: () => number;
  private last: number | null = null;
  private sum = 0;

  constructor(now: () => number = () => performance.now()) {
    this.now = now;
  }

  /** The user did something. */
  touch(): void {
    const now = this.now();
    if (this.last !== null && now - this.last < IDLE_AFTER_MS) this.sum += now - this.last;
    this.last = now;
  }

  /** Active milliseconds since the last time they were taken. */
  take(): number {
    const taken = Math.round(this.sum);
    this.sum = 0;
    return taken;
  }
}
