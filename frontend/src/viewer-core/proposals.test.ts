import { beforeEach, expect, test } from "vitest";

import { encodeMask } from "@/geometry/rle";

import { Editor, type Performed } from "./editor";
import { LabelDocument } from "./label-document";
import { MaskStore } from "./mask-store";
import { Proposals } from "./proposals";
import type { PlacedFrame } from "./series-geometry";

const shape = { rows: 2, columns: 3 };
const segments = [
  { id: 1, name: "Liver", color: "#e69f00", overlap: false },
  { id: 2, name: "Lesion", color: "#56b4e9", overlap: false },
];

let document: LabelDocument;
let editor: Editor;
let reported: Performed[];
let proposals: Proposals;

beforeEach(() => {
  document = new LabelDocument();
  reported = [];
  editor = new Editor(document, (performed) => reported.push(performed));
  const masks = new MaskStore();
  masks.load(0, "5.1", encodeMask({ ...shape, values: Uint16Array.of(1, 1, 2, 0, 1, 0) }));
  masks.load(0, "6.1", encodeMask({ ...shape, values: Uint16Array.of(1, 0, 0, 0, 0, 0) }));
  const frames = ["5.1", "6.1"].map((key, index) => ({ key, index, ...shape }) as PlacedFrame);
  const model = { modelName: "U-Net", versionId: "v3" };
  proposals = new Proposals({ masks, ...model, editor, segments, frames });
});

function drawn(frame: string): number[] {
  return [...(document.masks.peek(0, frame) ?? [])];
}

test("a segment is accepted on all slices as one edit that names the model", async () => {
  await proposals.accept({ segment: 1, frame: null });
  expect(drawn("5.1")).toEqual([1, 1, 0, 0, 1, 0]);
  expect(drawn("6.1")).toEqual([1, 0, 0, 0, 0, 0]);
  expect(proposals.open().map(({ segment }) => segment.id)).toEqual([2]);
  expect(reported).toHaveLength(1);
  expect(reported[0]?.provenance).toEqual({
    tool: "accept-proposal",
    segments: [1],
    frames: ["5.1", "6.1"],
    origin: "proposal",
    model_version_id: "v3",
  });
});

test("accepting a slice leaves the others open; undo opens it again", async () => {
  await proposals.accept({ segment: null, frame: "5.1" });
  expect(drawn("5.1")).toEqual([1, 1, 2, 0, 1, 0]);
  expect(proposals.open().map(({ segment, frames }) => [segment.id, frames])).toEqual([
    [1, ["6.1"]],
  ]);
  editor.undo();
  expect(drawn("5.1").every((value) => value === 0)).toBe(true);
  expect(proposals.open()).toHaveLength(2);
});

test("what the user drew stays as drawn", async () => {
  const gesture = editor.gesture();
  const values = gesture?.values(0, "5.1", shape);
  if (values) values[1] = 2;
  gesture?.wrote(0, "5.1", { i0: 0, j0: 0, i1: 3, j1: 1 });
  gesture?.commit("Brush", { tool: "brush", segments: [2], origin: "manual" });
  await proposals.accept({ segment: null, frame: null });
  expect(drawn("5.1")).toEqual([1, 2, 2, 0, 1, 0]);
});

test("a rejected segment is closed, changes no voxel, and can be undone", () => {
  proposals.reject({ segment: 2, frame: null });
  expect(proposals.isOpen(2, "5.1")).toBe(false);
  expect(document.masks.peek(0, "5.1")).toBeNull();
  editor.undo();
  expect(proposals.isOpen(2, "5.1")).toBe(true);
});
