import type { IngestItem } from "@/api/types";

export type UploadStage =
  | "waiting"
  | "sending"
  | "reading"
  | "stored"
  | "converted"
  | "kept"
  | "duplicate"
  | "quarantined"
  | "rejected"
  | "failed";

/** One chosen file and what has become of it so far. */
export interface UploadItem {
  /** Path, size and time: the same file chosen again has the same key. */
  readonly key: string;
  readonly name: string;
  readonly file: File;
  stage: UploadStage;
  sentBytes: number;
  outcomes: readonly IngestItem[];
  /** It is not put into a pack with other small files. */
  travelsAlone: boolean;
  /** Why it waits or failed, for people. */
  message: string;
}

export interface ChosenFile {
  readonly file: File;
  /** With its folders, as far as the browser tells them. */
  readonly path: string;
}

export function keyOf({ file, path }: ChosenFile): string {
  return `${path}|${file.size}|${file.lastModified}`;
}

export function newItem(chosen: ChosenFile): UploadItem {
  return {
    key: keyOf(chosen),
    name: chosen.path,
    file: chosen.file,
    stage: "waiting",
    sentBytes: 0,
    outcomes: [],
    travelsAlone: false,
    message: "",
  };
}

const tellingFirst = ["quarantined", "stored", "converted", "duplicate", "kept"] as const;

/**
 * What one word says about all that was found in a file (a zip holds many).
 *
 * What is not DICOM waits on the server until the delivery is complete: it is still being read.
 */
export function stageOf(outcomes: readonly IngestItem[]): UploadStage {
  if (outcomes.some((item) => item.outcome === "waiting")) return "reading";
  return tellingFirst.find((stage) => outcomes.some((o) => o.outcome === stage)) ?? "rejected";
}
