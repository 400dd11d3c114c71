import { decodeMask } from "@/geometry/rle";

import { fromBase64 } from "./base64";
import { Store } from "./store";

/** Asks for the overlays of a frame: masks in run lengths, base64. */
export type OverlayDoor = (frame: string) => Promise<readonly string[]>;

/** One overlay's pixels: 1 where something is drawn. */
type Plane = Uint16Array;

const NONE: readonly Plane[] = [];

/**
 * Pictures of one bit that came with the image (PS3.3 C.9): shown over it, never worked on.
 *
 * Each frame is asked for once, when it is first on the screen.
 */
export class Overlays {
  /** Grows when overlays arrived: what is on the screen is to be painted again. */
  readonly arrived = new Store(0);
  private readonly door: OverlayDoor | null;
  private readonly say: (sentence: string) => void;
  private readonly known = new Map<string, readonly Plane[]>();

  constructor(door: OverlayDoor | null, say: (sentence: string) => void) {
    this.door = door;
    this.say = say;
  }

  /** The overlays of a frame, as far as they are here. */
  of(frame: string): readonly Plane[] {
    const planes = this.known.get(frame);
    if (planes || !this.door) return planes ?? NONE;
    this.known.set(frame, NONE);
    void this.ask(this.door, frame);
    return NONE;
  }

  private async ask(door: OverlayDoor, frame: string): Promise<void> {
    try {
      const masks = await door(frame);
      this.known.set(
        frame,
        masks.map((mask) => decodeMask(fromBase64(mask)).values),
      );
      this.arrived.set(this.arrived.get() + 1);
    } catch {
      this.say("The overlays of this picture could not be read; open the task again to see them.");
    }
  }
}
