import { fromBase64 } from "@/viewer-core/base64";
import type { Answer } from "@/viewer-core/change";
import type { DocumentContent } from "@/viewer-core/label-document";
import { Station } from "@/viewer-core/station";

import { differencePlaces } from "./differences";
import { overlayDoor } from "./overlay-door";
import { type Place, placesOf } from "./places";
import { saveDoor } from "./save-door";
import { smartOf } from "./smart-door";
import { tableDoor } from "./table-door";
import type { DocumentState, TaskOpen } from "./wire";

/** A task as the station page works with it. */
export interface OpenedTask {
  readonly open: TaskOpen;
  readonly station: Station;
  readonly places: readonly Place[];
  readonly firstIndex: number;
}

/** What a document holds, out of its wire form. */
export function contentOf(state: DocumentState): DocumentContent {
  const answers: Record<string, Answer> = {};
  for (const [question, answer] of Object.entries(state.answers)) {
    if (answer !== null) answers[question] = answer;
  }
  return {
    masks: state.masks.map(({ layer, frame, data }) => ({
      layer,
      frame,
      encoded: fromBase64(data),
    })),
    shapes: state.objects,
    answers,
  };
}

/** Build the station of an opened task, with what this computer still holds put on top. */
export async function openStation(open: TaskOpen): Promise<OpenedTask> {
  const { view, document, proposal, schema } = open;
  if (!view) throw new Error("The images of this task are not there any more.");
  const station = new Station({
    view,
    segments: schema.document.segments,
    shapes: schema.document.shapes,
    documentId: document.id,
    headNumber: document.head_number,
    lockToken: open.lock?.token ?? "",
    content: contentOf(document),
    proposal: proposal && {
      content: contentOf(proposal),
      modelName: proposal.author?.name ?? "a model",
      versionId: proposal.author?.version_id ?? null,
    },
    // Who only looks, sees the whole proposal beside what was handed in.
    accepted: open.lock ? acceptedSegments(document, proposal) : [],
    saveDoor,
    overlayDoor: overlayDoor(view),
    tableDoor,
    smart: smartOf(open),
  });
  if (open.lock) await station.recover();
  else station.editor.readOnly = true;
  const differing = open.lock ? [] : differencePlaces(station);
  const places = differing.length > 0 ? differing : placesOf(open, station);
  return { open, station, places, firstIndex: firstIndex(places, station.frames.length) };
}

/** Segments that carry the proposal's model already: decided about, perhaps on another computer. */
function acceptedSegments(document: DocumentState, proposal: DocumentState | null): number[] {
  const version = proposal?.author?.version_id;
  if (!version) return [];
  return Object.entries(document.provenance.segments ?? {}).flatMap(
    ([id, { model_version_ids }]) => (model_version_ids.includes(version) ? [Number(id)] : []),
  );
}

function firstIndex(places: readonly Place[], count: number): number {
  return places[0]?.index ?? Math.floor((count - 1) / 2);
}
