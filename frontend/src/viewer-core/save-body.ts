import { encodeMask, isBackground } from "@/geometry/rle";

import { toBase64 } from "./base64";
import type { Answer, Change, Provenance, Shape } from "./change";
import type { LabelDocument } from "./label-document";
import { maskKey, parseMaskKey } from "./mask-store";
import { breathe } from "./time-slice";

/** One save: only what changed, and on what it was built. */
export interface SaveBody {
  readonly request_id: string;
  readonly base_number: number;
  readonly lock_token: string;
  readonly reason: "autosave";
  readonly masks: readonly {
    readonly layer: number;
    readonly frame: string;
    readonly data: string | null;
  }[];
  readonly objects: readonly { readonly id: string; readonly value: Shape | null }[];
  readonly answers: Readonly<Record<string, Answer | null>>;
  readonly edits: readonly Provenance[];
  readonly active_ms: number;
}

/** What changed since the last save that is under way or done. */
export class Unsaved {
  readonly masks = new Set<string>();
  readonly shapes = new Set<string>();
  readonly answers = new Set<string>();
  readonly edits: Provenance[] = [];
  /** Finished edits, undo and redo included: what the status line counts. */
  operations = 0;

  get isEmpty(): boolean {
    return this.operations === 0;
  }

  /** Decisions about proposals stay in the journal; alone they are no reason for a revision. */
  get isLocal(): boolean {
    const sizes = [this.masks.size, this.shapes.size, this.answers.size, this.edits.length];
    return sizes.every((size) => size === 0);
  }

  add(changes: readonly Change[], provenance: Provenance | null): void {
    this.operations++;
    for (const change of changes) this.addChange(change);
    if (provenance) this.edits.push(provenance);
  }

  /** Everything a body carried is unsaved again (it was refused as a whole). */
  restore(body: SaveBody, operations: number): void {
    for (const { layer, frame } of body.masks) this.masks.add(maskKey(layer, frame));
    for (const { id } of body.objects) this.shapes.add(id);
    for (const question of Object.keys(body.answers)) this.answers.add(question);
    this.edits.unshift(...body.edits);
    this.operations += Math.max(1, operations);
  }

  private addChange(change: Change): void {
    if (change.kind === "mask") this.masks.add(maskKey(change.layer, change.frame));
    else if (change.kind === "shape") this.shapes.add(change.id);
    else if (change.kind === "answer") this.answers.add(change.question);
  }
}

interface Envelope {
  readonly baseNumber: number;
  readonly lockToken: string;
  readonly activeMs: number;
}

/** Write a save down. Many slices are encoded in small helpings, so that the hand is not stopped. */
export async function buildSaveBody(
  document: LabelDocument,
  unsaved: Unsaved,
  { baseNumber, lockToken, activeMs }: Envelope,
): Promise<SaveBody> {
  const masks: SaveBody["masks"][number][] = [];
  const rest = breathe();
  for (const key of unsaved.masks) {
    const { layer, frame } = parseMaskKey(key);
    masks.push({ layer, frame, data: frameData(document, layer, frame) });
    await rest();
  }
  return {
    request_id: crypto.randomUUID(),
    base_number: baseNumber,
    lock_token: lockToken,
    reason: "autosave",
    masks,
    objects: [...unsaved.shapes].map((id) => ({ id, value: document.shapes.get(id) ?? null })),
    answers: Object.fromEntries(
      [...unsaved.answers].map((id) => [id, document.answers.get(id) ?? null]),
    ),
    edits: [...unsaved.edits],
    active_ms: activeMs,
  };
}

/** A frame as of the last finished edit: a stroke under the pen is not saved half. */
function frameData(document: LabelDocument, layer: number, frame: string): string | null {
  const held = document.heldFrame(layer, frame);
  if (!held) {
    const encoded = document.masks.encode(layer, frame);
    return encoded && toBase64(encoded);
  }
  const shape = document.masks.shape(layer, frame);
  if (!shape || isBackground(held)) return null;
  return toBase64(encodeMask({ ...shape, values: held }));
}
