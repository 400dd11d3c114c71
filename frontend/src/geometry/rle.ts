/**
 * `limn-rle-1`, the one encoding of a mask frame (same bytes as ml_worker/contract/masks.py).
 *
 * uint16 LE rows, uint16 LE columns, then pairs (value, run length) as unsigned LEB128, row by row,
 * covering exactly rows * columns voxels. Canonical: neighbouring runs differ, no run is empty.
 */

export interface MaskFrame {
  readonly rows: number;
  readonly columns: number;
  /** Segment ids in row-major order (index = j * columns + i); 0 is background. */
  readonly values: Uint16Array;
}

/** Bytes that are not a canonical `limn-rle-1` frame. */
export class MaskFormatError extends Error {}

const HEADER_BYTES = 4;
const MAX_VALUE = 0xffff;

/** A growing byte buffer: the size of a run-length code is only known at its end. */
class ByteWriter {
  private bytes = new Uint8Array(256);
  private size = 0;

  byte(value: number): void {
    if (this.size === this.bytes.length) {
      const larger = new Uint8Array(this.bytes.length * 2);
      larger.set(this.bytes);
      this.bytes = larger;
    }
    this.bytes[this.size++] = value;
  }

  uint16(value: number): void {
    this.byte(value & 0xff);
    this.byte(value >>> 8);
  }

  leb128(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.size);
  }
}

/** Encode a mask frame; an all-background frame has an encoding too, see {@link isBackground}. */
export function encodeMask({ rows, columns, values }: MaskFrame): Uint8Array<ArrayBuffer> {
  const total = rows * columns;
  if (values.length !== total || total === 0) {
    throw new MaskFormatError(`A frame of ${rows} x ${columns} needs ${total} values.`);
  }
  const out = new ByteWriter();
  out.uint16(rows);
  out.uint16(columns);
  let start = 0;
  let current = values[0] ?? 0;
  for (let index = 1; index < total; index++) {
    const value = values[index] ?? 0;
    if (value === current) continue;
    out.leb128(current);
    out.leb128(index - start);
    current = value;
    start = index;
  }
  out.leb128(current);
  out.leb128(total - start);
  return out.finish();
}

function readLeb128(bytes: Uint8Array, at: number): { value: number; next: number } {
  let value = 0;
  let scale = 1;
  let next = at;
  for (let count = 0; count < 5; count++) {
    const byte = bytes[next++];
    if (byte === undefined) throw new MaskFormatError("The mask ends inside a number.");
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) {
      if (count > 0 && byte === 0) throw new MaskFormatError("A number is padded with zeros.");
      return { value, next };
    }
    scale *= 128;
  }
  throw new MaskFormatError("A number of the mask is too long.");
}

/** Rows and columns of an encoded frame, without decoding it. */
export function maskShape(bytes: Uint8Array): { rows: number; columns: number } {
  if (bytes.length < HEADER_BYTES)
    throw new MaskFormatError("The mask is shorter than its header.");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { rows: view.getUint16(0, true), columns: view.getUint16(2, true) };
}

function requireCanonical(value: number, length: number, previous: number): void {
  if (value > MAX_VALUE) throw new MaskFormatError("A segment id is larger than 65535.");
  if (length === 0) throw new MaskFormatError("The mask has an empty run.");
  if (value === previous) throw new MaskFormatError("Two neighbouring runs are equal.");
}

/** Walk the runs of an encoded frame; refuses what is not canonical or does not cover the frame. */
export function forEachRun(
  bytes: Uint8Array,
  visit: (value: number, start: number, length: number) => void,
): void {
  const { rows, columns } = maskShape(bytes);
  const total = rows * columns;
  if (total === 0) throw new MaskFormatError("The mask has no rows or no columns.");
  let at = HEADER_BYTES;
  let start = 0;
  let previous = -1;
  while (at < bytes.length) {
    const value = readLeb128(bytes, at);
    const run = readLeb128(bytes, value.next);
    requireCanonical(value.value, run.value, previous);
    if (start + run.value > total) throw new MaskFormatError("The mask is longer than its frame.");
    visit(value.value, start, run.value);
    previous = value.value;
    start += run.value;
    at = run.next;
  }
  if (start !== total) throw new MaskFormatError("The mask does not cover its frame.");
}

/** Decode a frame; the result is a fresh array that the caller may change. */
export function decodeMask(bytes: Uint8Array): MaskFrame {
  const { rows, columns } = maskShape(bytes);
  const values = new Uint16Array(rows * columns);
  forEachRun(bytes, (value, start, length) => {
    if (value !== 0) values.fill(value, start, start + length);
  });
  return { rows, columns, values };
}

/** Whether a frame holds no label at all (such a frame is stored as "nothing"). */
export function isBackground(values: Uint16Array): boolean {
  return values.every((value) => value === 0);
}
