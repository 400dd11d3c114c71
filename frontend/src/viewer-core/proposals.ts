import type { Change } from "./change";
import type { Editor } from "./editor";
import type { Gesture } from "./gesture";
import type { MaskStore } from "./mask-store";
import type { PlacedFrame } from "./series-geometry";
import { layerOf, type Segment } from "./settings";
import { breathe } from "./time-slice";

/** A segment that a model proposes and nobody has decided about yet. */
export interface OpenProposal {
  readonly segment: Segment;
  readonly voxels: number;
  readonly frames: readonly string[];
}

/** Which part of a proposal is meant: a segment or all, a slice or all. */
export interface ProposalPart {
  readonly segment: number | null;
  readonly frame: string | null;
}

/** A model's proposal beside the document: looked at, accepted part by part, or rejected. */
export class Proposals {
  readonly masks: MaskStore;
  readonly modelName: string;
  private readonly versionId: number | string | null;
  private readonly editor: Editor;
  private readonly segments: readonly Segment[];
  private readonly frames: ReadonlyMap<string, PlacedFrame>;

  constructor(options: {
    readonly masks: MaskStore;
    readonly modelName: string;
    readonly versionId: number | string | null;
    readonly editor: Editor;
    readonly segments: readonly Segment[];
    readonly frames: readonly PlacedFrame[];
  }) {
    this.masks = options.masks;
    this.modelName = options.modelName;
    this.versionId = options.versionId;
    this.editor = options.editor;
    this.segments = options.segments;
    this.frames = new Map(options.frames.map((frame) => [frame.key, frame]));
  }

  /** Whether a proposed segment still waits for a decision on a frame. */
  isOpen(segment: number, frame: string): boolean {
    const { verdicts } = this.editor.document;
    return !verdicts.has(`${segment}`) && !verdicts.has(`${segment}@${frame}`);
  }

  open(): OpenProposal[] {
    const found = new Map<number, { voxels: number; frames: string[] }>();
    for (const { frame, counts } of this.masks.labelled()) {
      for (const [segment, voxels] of counts) {
        if (!this.isOpen(segment, frame)) continue;
        const sum = found.get(segment) ?? { voxels: 0, frames: [] };
        sum.voxels += voxels;
        sum.frames.push(frame);
        found.set(segment, sum);
      }
    }
    return this.segments.flatMap((segment) => {
      const sum = found.get(segment.id);
      return sum ? [{ segment, ...sum }] : [];
    });
  }

  /** Take a part over into the document as one edit. What the user drew stays as drawn. */
  async accept(part: ProposalPart): Promise<void> {
    const gesture = this.editor.gesture();
    if (!gesture) return;
    const chosen = this.part(part);
    const rest = breathe();
    for (const { segment, frames } of chosen) {
      for (const frame of frames) {
        this.copy(gesture, segment, frame);
        await rest();
      }
    }
    const verdicts = this.verdicts(chosen, part, "accepted");
    gesture.commit(
      "Accept proposal",
      {
        tool: "accept-proposal",
        segments: chosen.map(({ segment }) => segment.id),
        origin: "proposal",
        ...(this.versionId === null ? {} : { model_version_id: this.versionId }),
      },
      verdicts,
    );
  }

  reject(part: ProposalPart): void {
    this.editor.edit("Reject proposal", this.verdicts(this.part(part), part, "rejected"), null);
  }

  private part({ segment, frame }: ProposalPart): OpenProposal[] {
    return this.open()
      .filter((open) => segment === null || open.segment.id === segment)
      .map((open) =>
        frame === null ? open : { ...open, frames: open.frames.filter((key) => key === frame) },
      )
      .filter((open) => open.frames.length > 0);
  }

  private verdicts(
    chosen: readonly OpenProposal[],
    { frame }: ProposalPart,
    after: "accepted" | "rejected",
  ): Change[] {
    return chosen.map(({ segment }) => {
      const key = frame === null ? `${segment.id}` : `${segment.id}@${frame}`;
      return { kind: "verdict", key, before: null, after };
    });
  }

  private copy(gesture: Gesture, segment: Segment, key: string): void {
    const frame = this.frames.get(key);
    const layer = layerOf(segment);
    const proposed = this.masks.peek(layer, key);
    if (!frame || !proposed) return;
    const values = gesture.values(layer, key, frame);
    for (let index = 0; index < proposed.length; index++) {
      if (proposed[index] === segment.id && values[index] === 0) values[index] = segment.id;
    }
    gesture.wrote(layer, key, { i0: 0, j0: 0, i1: frame.columns, j1: frame.rows });
  }
}
