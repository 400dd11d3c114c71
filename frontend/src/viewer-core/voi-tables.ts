import { fromBase64 } from "./base64";
import { type VoiTable, voiTable } from "./shade";

/** A table as it comes over the wire. */
export interface WireTable {
  readonly first: number;
  readonly bits: number;
  /** Base64; null where the file's own cannot be read. */
  readonly entries: string | null;
}

/** Asks for the brightness tables of a frame of a grid. */
export type TableDoor = (grid: string, frame: string) => Promise<readonly WireTable[]>;

type Tables = readonly (VoiTable | null)[];

/** The brightness tables of a series, each frame's asked for when it is first shown through one. */
export class VoiTables {
  private readonly door: TableDoor;
  private readonly grid: string;
  private readonly asked = new Map<string, Promise<Tables>>();

  constructor(door: TableDoor, grid: string) {
    this.door = door;
    this.grid = grid;
  }

  of(frame: string): Promise<Tables> {
    const asked = this.asked.get(frame) ?? this.ask(frame);
    this.asked.set(frame, asked);
    return asked;
  }

  private async ask(frame: string): Promise<Tables> {
    try {
      const found = await this.door(this.grid, frame);
      return found.map(({ first, bits, entries }) =>
        entries === null ? null : voiTable(first, bits, fromBase64(entries)),
      );
    } catch (error) {
      // Asked for again when somebody comes back to the frame.
      this.asked.delete(frame);
      throw error;
    }
  }
}
