import { Zip, ZipPassThrough } from "fflate";

import type { UploadItem } from "./upload-item";

/** A file at least so large goes alone: its two requests cost nothing beside its bytes. */
const smallBytes = 1024 * 1024;
const packBytes = 16 * 1024 * 1024;
const packFiles = 200;
/** A pack is the same bytes each time it is made, so that sending it can go on after a reload. */
const anyTime = new Date(2000, 0, 1, 12);

/** A pack's name, for the server to tell it from an archive of somebody's own. */
export function packName(number: number): string {
  return `Small files ${number}.zip`;
}

/** What a person called a file: what lies in an archive is named after it, but not after a pack. */
export function ownName(name: string): string {
  return name.replace(/^Small files \d+\.zip\//, "");
}

/** What travels as one upload: a file, or many small ones as a zip that is stored, not squeezed. */
export interface Parcel {
  readonly key: string;
  readonly items: readonly UploadItem[];
}

export function isSmall(item: UploadItem): boolean {
  return !item.travelsAlone && item.file.size < smallBytes && !/\.zip$/i.test(item.name);
}

/** Whether one more file still fits into a pack of these. */
export function hasRoom(items: readonly UploadItem[], bytes: number, next: UploadItem): boolean {
  return items.length < packFiles && bytes + next.file.size <= packBytes;
}

export function parcelOf(items: readonly UploadItem[]): Parcel {
  const [first, last] = [items[0], items.at(-1)];
  const key =
    items.length === 1 ? (first?.key ?? "") : `${items.length} files|${first?.key}|${last?.key}`;
  return { key, items };
}

/** The parcel's bytes. Files are read one after the other, so that the page stays free. */
export async function packed({ items }: Parcel): Promise<Blob> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const zip = new Zip((error, part) => {
    if (error) throw error;
    parts.push(part as Uint8Array<ArrayBuffer>);
  });
  for (const item of items) {
    const bytes = new Uint8Array(await readWhole(item));
    const member = new ZipPassThrough(item.name);
    member.mtime = anyTime;
    zip.add(member);
    member.push(bytes, true);
  }
  zip.end();
  return new Blob(parts);
}

/** A file that must not lie inside a pack: gone since it was chosen, or an archive by its bytes. */
export class NotForAPack extends Error {
  readonly item: UploadItem;

  constructor(item: UploadItem) {
    super(`${item.name} travels alone.`);
    this.item = item;
  }
}

async function readWhole(item: UploadItem): Promise<ArrayBuffer> {
  const bytes = await item.file.arrayBuffer().catch(() => null);
  if (bytes === null || isArchive(new Uint8Array(bytes, 0, Math.min(4, bytes.byteLength)))) {
    throw new NotForAPack(item);
  }
  return bytes;
}

/** Zip files begin with "PK", whatever they are called. */
function isArchive(head: Uint8Array): boolean {
  return head.length === 4 && head[0] === 0x50 && head[1] === 0x4b;
}

/** How many bytes of each file have arrived, when so many of the whole parcel have. */
export function sentOfEach({ items }: Parcel, size: number, sent: number): readonly number[] {
  const content = items.reduce((sum, item) => sum + item.file.size, 0);
  let left = size === 0 ? content : Math.floor((sent / size) * content);
  return items.map((item) => {
    const here = Math.min(left, item.file.size);
    left -= here;
    return here;
  });
}
