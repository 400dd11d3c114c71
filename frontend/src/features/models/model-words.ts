import type { ModelVersion } from "@/api/types";
import type { Tone } from "@/lib/tone";

const families: Readonly<Record<string, string>> = {
  unet2d: "U-Net, slice by slice: proposes whole segments",
  sam: "Segment Anything: answers clicks and boxes",
};

export function nameOfFamily(family: string): string {
  return families[family] ?? family;
}

export function toneOfStatus(status: string): Tone {
  if (status === "active") return "model";
  if (status === "failed") return "bad";
  return status === "preparing" ? "warn" : "quiet";
}

export function titleOf(version: ModelVersion): string {
  return `${version.name} v${version.number}`;
}

/** The first characters of a hash, enough to tell two versions apart. */
export function shortHash(hash: string | null): string {
  return hash ? hash.slice(0, 12) : "–";
}
