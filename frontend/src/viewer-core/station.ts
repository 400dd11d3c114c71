import { Activity } from "./activity";
import type { BenchHost } from "./bench-host";
import type { Beside } from "./beside";
import type { Answer } from "./change";
import { Editor } from "./editor";
import type { GridView } from "./grid-view";
import { Journal } from "./journal";
import type { DocumentContent } from "./label-document";
import { LabelDocument } from "./label-document";
import { MaskStore } from "./mask-store";
import { type OverlayDoor, Overlays } from "./overlays";
import { Proposals } from "./proposals";
import { type Recovered, recover } from "./recovery";
import { type PlacedFrame, placeFrames } from "./series-geometry";
import { initialSettings, layerOf, type Segment, type Settings, type ShapeStyle } from "./settings";
import { type SmartDoor, type SmartModel, SmartSession } from "./smart/smart-session";
import { Store } from "./store";
import { type SaveDoor, SyncEngine } from "./sync";
import type { TableDoor } from "./voi-tables";
import { Workbench } from "./workbench";

/** Everything the station is opened with. */
export interface StationInput {
  readonly view: GridView;
  readonly segments: readonly Segment[];
  readonly shapes: readonly ShapeStyle[];
  readonly documentId: string;
  readonly headNumber: number;
  readonly lockToken: string;
  readonly content: DocumentContent;
  readonly proposal: {
    readonly content: DocumentContent;
    readonly modelName: string;
    readonly versionId: number | string | null;
  } | null;
  readonly saveDoor: SaveDoor;
  readonly overlayDoor: OverlayDoor | null;
  readonly tableDoor: TableDoor;
  readonly smart: {
    readonly model: SmartModel | null;
    readonly door: SmartDoor | null;
    readonly message: string;
  };
  /** Segments whose proposal was accepted before, perhaps on another computer. */
  readonly accepted: readonly number[];
}

let sharedJournal: Journal | null = null;

/** One journal for the page: tasks follow one another in it. */
function journal(): Journal {
  sharedJournal ??= new Journal();
  return sharedJournal;
}

/** One open task: its images, its document, and the hand that changes it. */
export class Station implements BenchHost {
  readonly input: StationInput;
  readonly view: GridView;
  readonly segments: readonly Segment[];
  readonly shapes: readonly ShapeStyle[];
  readonly frames: readonly PlacedFrame[];
  readonly document = new LabelDocument();
  readonly editor: Editor;
  readonly sync: SyncEngine;
  readonly settings: Store<Settings>;
  readonly smart: SmartSession;
  readonly proposals: Proposals | null;
  readonly overlays: Overlays;
  readonly tableDoor: TableDoor;
  readonly activity = new Activity();
  readonly workbench: Workbench;
  /** The second picture while it is on the screen. */
  readonly beside = new Store<Beside | null>(null);
  /** A sentence for the user that fades by itself. */
  readonly notice = new Store<string | null>(null);
  /** Grows when labels, shapes, answers or verdicts change: what panels listen to. */
  readonly revision = new Store(0);
  private frameToken: string;
  private noticeTimer: ReturnType<typeof setTimeout> | null = null;
  private revisionTimer: ReturnType<typeof setTimeout> | null = null;
  private readonly onOnline = (): void => this.sync.retryNow();

  constructor(input: StationInput) {
    this.input = input;
    this.view = input.view;
    this.segments = input.segments.filter(({ retired }) => !retired);
    this.shapes = input.shapes;
    this.frameToken = input.view.frame_token.token;
    this.frames = placeFrames(input.view);
    this.settings = new Store(initialSettings(this.segments[0]?.id ?? 0));
    this.document.load(input.content);
    this.sync = new SyncEngine({
      document: this.document,
      documentId: input.documentId,
      journal: journal(),
      door: input.saveDoor,
      headNumber: input.headNumber,
      lockToken: input.lockToken,
      takeActiveMs: () => this.activity.take(),
    });
    this.editor = new Editor(this.document, (performed) => this.sync.note(performed));
    this.smart = new SmartSession(
      this.frames,
      input.smart.model,
      input.smart.door,
      input.smart.message,
    );
    this.proposals = this.openProposals();
    this.overlays = new Overlays(input.overlayDoor, (sentence) => this.say(sentence));
    this.tableDoor = input.tableDoor;
    this.workbench = new Workbench(this);
    this.document.subscribe((event) => {
      if (event.origin === "preview") return;
      if (event.kind === "mask") this.bumpRevisionSoon();
      else this.bumpRevision();
    });
    this.sync.status.subscribe(() => {
      if (this.sync.status.get().kind === "lock-lost") this.editor.readOnly = true;
    });
    window.addEventListener("online", this.onOnline);
  }

  /** Put what this computer still has on top of the server's state. */
  async recover(): Promise<Recovered> {
    const recovered = await recover(journal(), this.input.documentId, this.editor, this.sync);
    this.adoptVerdicts();
    return recovered;
  }

  /** The task is done: nothing of it needs to be kept here any longer. */
  async forgetJournal(): Promise<void> {
    await journal().clear(this.input.documentId);
  }

  /** Show the server's state in place of what is here. */
  async replace(content: DocumentContent, headNumber: number): Promise<void> {
    await this.sync.takeTheirs(headNumber);
    this.editor.forget();
    this.document.load(content);
  }

  readonly frameTokenNow = (): string => this.frameToken;

  setFrameToken(token: string): void {
    this.frameToken = token;
  }

  segment(): Segment | null {
    const { segment } = this.settings.get();
    return this.input.segments.find(({ id }) => id === segment) ?? null;
  }

  /** The layers of the schema, exclusive segments first. */
  readonly layers = (): readonly number[] => {
    return [...new Set(this.input.segments.map(layerOf))].sort((a, b) => a - b);
  };

  answer(question: string, after: Answer | null): void {
    const before = this.document.answers.get(question) ?? null;
    const edit = { tool: "form", segments: [], frames: [], origin: "manual" } as const;
    this.editor.edit("Answer", [{ kind: "answer", question, before, after }], edit);
  }

  say(sentence: string): void {
    this.notice.set(sentence);
    if (this.noticeTimer !== null) clearTimeout(this.noticeTimer);
    this.noticeTimer = setTimeout(() => this.notice.set(null), 4_500);
  }

  close(): void {
    window.removeEventListener("online", this.onOnline);
    if (this.noticeTimer !== null) clearTimeout(this.noticeTimer);
    if (this.revisionTimer !== null) clearTimeout(this.revisionTimer);
    this.workbench.close();
    this.smart.close();
    this.sync.close();
  }

  /** Where the journal knows nothing about a proposed segment, the labels' own origin decides. */
  private adoptVerdicts(): void {
    const decided = new Set([...this.document.verdicts.keys()].map((key) => key.split("@")[0]));
    const changes = this.input.accepted
      .filter((segment) => !decided.has(`${segment}`))
      .map((segment) => {
        const key = `${segment}`;
        return { kind: "verdict", key, before: null, after: "accepted" } as const;
      });
    this.document.edit("remote", changes);
  }

  private bumpRevision(): void {
    this.revision.set(this.revision.get() + 1);
  }

  /** Panels count voxels and draw: a burst of changed slices is one change to them. */
  private bumpRevisionSoon(): void {
    this.revisionTimer ??= setTimeout(() => {
      this.revisionTimer = null;
      this.bumpRevision();
    }, 40);
  }

  private openProposals(): Proposals | null {
    const { proposal, segments } = this.input;
    if (!proposal) return null;
    const masks = new MaskStore();
    for (const { layer, frame, encoded } of proposal.content.masks) {
      masks.load(layer, frame, encoded);
    }
    const { modelName, versionId } = proposal;
    const { editor, frames } = this;
    return new Proposals({ masks, modelName, versionId, editor, segments, frames });
  }
}
