import type { Source, SourceKind, SourceRun, SourceSettings } from "@/api/types";
import { formatAgo, plural } from "@/lib/format";
import type { Tone } from "@/lib/tone";

/** The kinds of sources as people call them, with what each is for. */
export const sourceKinds: readonly {
  readonly kind: SourceKind;
  readonly name: string;
  readonly hint: string;
}[] = [
  {
    kind: "folder",
    name: "Watched folder",
    hint: "Takes every file that is put into a folder of this machine, once it stopped growing. The files stay as they are.",
  },
  {
    kind: "dicomweb",
    name: "DICOMweb server",
    hint: "Searches a remote archive over QIDO-RS and fetches what is new over WADO-RS.",
  },
  {
    kind: "pacs",
    name: "PACS",
    hint: "Searches with C-FIND and fetches with C-GET, or has the PACS send with C-MOVE.",
  },
  {
    kind: "receiver",
    name: "DICOM receiver",
    hint: "Lets scanners and workstations send to Limn (C-STORE), and read from it where you allow that.",
  },
  {
    kind: "s3",
    name: "S3 bucket",
    hint: "Takes every object below a prefix of a bucket.",
  },
];

export function nameOfKind(kind: SourceKind): string {
  return sourceKinds.find((one) => one.kind === kind)?.name ?? kind;
}

/** Where a source is, in one line. */
export function placeOf(settings: SourceSettings): string {
  switch (settings.kind) {
    case "folder":
      return settings.path;
    case "s3":
      return [settings.bucket, settings.prefix].filter(Boolean).join("/");
    case "dicomweb":
      return settings.url;
    case "pacs":
      return `${settings.called_ae} at ${settings.host}:${settings.port}`;
    case "receiver":
      return `from ${settings.callers.join(", ")}`;
  }
}

interface State {
  readonly tone: Tone;
  readonly word: string;
}

const states: Readonly<Record<SourceRun["state"], State>> = {
  waiting: { tone: "active", word: "Waiting" },
  running: { tone: "active", word: "Running" },
  succeeded: { tone: "good", word: "Fine" },
  failed: { tone: "bad", word: "Failed" },
  cancelled: { tone: "warn", word: "Stopped" },
};

/** How a source stands, in one word. */
export function stateOf(source: Source): State {
  const run = source.last_run;
  if (run && (run.state === "waiting" || run.state === "running")) return states[run.state];
  if (!source.is_enabled) return { tone: "quiet", word: "Off" };
  return run ? states[run.state] : { tone: "quiet", word: "New" };
}

/** What came of a look, as a sentence. */
export function resultOf(run: SourceRun): string {
  if (run.state === "waiting") return "Waiting for a worker.";
  if (run.state === "running") return underWay(run);
  const came = run.found > 0 || run.ingest_run_id ? `${countsOf(run)}.` : "";
  if (run.problem) return [run.problem, came].filter(Boolean).join(" ");
  return [came || "Nothing new.", known(run), growing(run)].filter(Boolean).join(" ");
}

function underWay(run: SourceRun): string {
  const message = run.message || "Under way";
  return run.ingest_run_id ? `${message}. ${countsOf(run)} so far.` : `${message}.`;
}

function countsOf(run: SourceRun): string {
  const { counts } = run;
  const parts = [
    [counts.stored, "stored"],
    [counts.converted, "converted"],
    [counts.kept, "kept"],
    [counts.duplicate, "there already"],
    [counts.quarantined, "in quarantine"],
    [counts.rejected, "rejected"],
  ] as const;
  const said = parts.flatMap(([count, word]) => (count ? [`${plural(count, word, word)}`] : []));
  return said.length > 0 ? capital(said.join(", ")) : "Nothing was stored";
}

function known(run: SourceRun): string {
  return run.skipped > 0 ? `${plural(run.skipped, "file", "files")} known from before.` : "";
}

function growing(run: SourceRun): string {
  return run.growing > 0
    ? `${plural(run.growing, "file still grows", "files still grow")}: next time.`
    : "";
}

function capital(words: string): string {
  return words.charAt(0).toLocaleUpperCase() + words.slice(1);
}

/** When a source is looked at next, in words. How long it takes may end in a point of its own. */
export function nextOf(source: Source): string {
  if (!source.is_enabled) return "Off: nothing is taken.";
  if (source.settings.kind === "receiver") return "Waits for senders.";
  if (!source.next_run_at) return "Only when asked.";
  const seconds = (new Date(source.next_run_at).getTime() - Date.now()) / 1000;
  return seconds < 60 ? "Next look within a minute" : `Next look ${formatAgo(source.next_run_at)}`;
}
