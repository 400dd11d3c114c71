import type { NewSource, Source, SourceKind, SourceSettings } from "@/api/types";

/** A source while it is being written down. */
export type SourceDraft = NewSource;

const everything = { modalities: [], last_days: null, patient_id: "", description: "" } as const;

/** What a new source of a kind begins with. */
export function emptySettings(kind: SourceKind, watchRoot: string): SourceSettings {
  switch (kind) {
    case "folder":
      return { kind, path: watchRoot, settle_seconds: 5, moves_done: false };
    case "s3":
      return { kind, bucket: "", prefix: "", endpoint: "", region: "us-east-1", key_id: "" };
    case "dicomweb":
      return { kind, url: "", user: "", filter: everything };
    case "pacs":
      return {
        kind,
        host: "",
        port: 104,
        called_ae: "",
        calling_ae: "LIMN",
        retrieve: "get",
        filter: everything,
      };
    case "receiver":
      return { kind, callers: [], hosts: [], may_read: "nothing" };
  }
}

export function newDraft(kind: SourceKind, watchRoot: string): SourceDraft {
  return {
    name: "",
    settings: emptySettings(kind, watchRoot),
    secrets: {},
    policy: "",
    project_id: null,
    schedule: { every_minutes: kind === "folder" ? 1 : null, daily_at: null },
    is_enabled: true,
  };
}

export function draftOf(source: Source): SourceDraft {
  const { name, settings, policy, project_id, schedule, is_enabled } = source;
  return { name, settings, secrets: {}, policy, project_id, schedule, is_enabled };
}
