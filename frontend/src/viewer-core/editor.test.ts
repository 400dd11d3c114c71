import { beforeEach, expect, test, vi } from "vitest";

import type { Entry } from "./change";
import { Editor, type Performed } from "./editor";
import { History } from "./history";
import { LabelDocument } from "./label-document";
import { MaskRuns } from "./mask-runs";

const shape = { rows: 4, columns: 5 };
const manual = { tool: "brush", segments: [2], origin: "manual" } as const;

let document: LabelDocument;
let reported: Performed[];
let editor: Editor;

beforeEach(() => {
  document = new LabelDocument();
  reported = [];
  editor = new Editor(document, (performed) => reported.push(performed));
});

function stroke(frame: string, voxels: readonly number[], value: number): void {
  const gesture = editor.gesture();
  const values = gesture?.values(0, frame, shape);
  for (const index of voxels) {
    if (values) values[index] = value;
    gesture?.wrote(0, frame, {
      i0: index % 5,
      i1: (index % 5) + 1,
      j0: Math.floor(index / 5),
      j1: Math.floor(index / 5) + 1,
    });
  }
  gesture?.commit("Brush", manual);
}

function drawn(frame: string): number[] {
  return [...(document.masks.peek(0, frame) ?? [])];
}

test("a stroke over two frames is one edit, and undo and redo take it as one", () => {
  stroke("7.1", [3, 4, 5], 2);
  const before = drawn("7.1");
  stroke("7.1", [4, 9], 3);
  const after = drawn("7.1");
  expect(after).not.toEqual(before);

  editor.undo();
  expect(drawn("7.1")).toEqual(before);
  expect([...document.masks.counts(0, "7.1")]).toEqual([[2, 3]]);
  editor.redo();
  expect(drawn("7.1")).toEqual(after);
  expect(Object.fromEntries(document.masks.counts(0, "7.1"))).toEqual({ 2: 2, 3: 2 });
  expect(reported.map(({ operation }) => operation.kind)).toEqual(["do", "do", "undo", "redo"]);
});

test("a stroke that is given up leaves no trace", () => {
  stroke("7.1", [3], 2);
  const gesture = editor.gesture();
  gesture?.values(0, "7.1", shape).fill(9);
  gesture?.wrote(0, "7.1", { i0: 0, j0: 0, i1: 5, j1: 4 });
  gesture?.bail();
  gesture?.commit("Brush", manual);
  expect(drawn("7.1").filter((value) => value === 9)).toEqual([]);
  expect(reported).toHaveLength(1);
});

test("while a stroke is drawn, the frame can be had as it was before", () => {
  stroke("7.1", [3], 2);
  const gesture = editor.gesture();
  gesture?.values(0, "7.1", shape).fill(9);
  expect(document.heldFrame(0, "7.1")?.[3]).toBe(2);
  gesture?.bail();
  expect(document.heldFrame(0, "7.1")).toBeNull();
});

test("a stroke that changes nothing is no edit", () => {
  stroke("7.1", [3], 2);
  stroke("7.1", [3], 2);
  expect(reported).toHaveLength(1);
});

test("masks, shapes, answers and verdicts are undone in the order they came", () => {
  const point = { id: "p", shape_id: "s", kind: "point", frame: "7.1", attributes: {} } as const;
  stroke("7.1", [0], 2);
  editor.edit("Point", [{ kind: "shape", id: "p", before: null, after: point }], null);
  editor.edit("Answer", [{ kind: "answer", question: "q", before: null, after: "good" }], null);
  editor.edit("Reject", [{ kind: "verdict", key: "2", before: null, after: "rejected" }], null);
  expect(editor.state.get()).toEqual({ undo: "Reject", redo: null });

  editor.undo();
  expect(document.verdicts.size).toBe(0);
  editor.undo();
  expect(document.answers.size).toBe(0);
  editor.undo();
  expect(document.shapes.size).toBe(0);
  editor.undo();
  expect(drawn("7.1").every((value) => value === 0)).toBe(true);
  expect(editor.undo()).toBe(false);
});

test("a new edit forgets what had been undone", () => {
  stroke("7.1", [0], 2);
  editor.undo();
  stroke("7.1", [1], 2);
  expect(editor.redo()).toBe(false);
  expect(drawn("7.1")[0]).toBe(0);
});

test("reading only refuses edits, undo and redo", () => {
  stroke("7.1", [0], 2);
  editor.readOnly = true;
  expect(editor.gesture()).toBeNull();
  expect(editor.undo()).toBe(false);
  expect(editor.edit("x", [{ kind: "answer", question: "q", before: null, after: 1 }], null)).toBe(
    null,
  );
});

test("listeners hear of gestures as previews and of the finished edit once", () => {
  const heard = vi.fn();
  document.subscribe(({ origin, kind }) => heard(origin, kind));
  stroke("7.1", [0, 1], 2);
  expect(heard.mock.calls).toEqual([
    ["preview", "mask"],
    ["preview", "mask"],
    ["user", "mask"],
  ]);
});

function entryOf(bytes: number): Entry {
  const runs = new MaskRuns(new Uint32Array(bytes / 4));
  const change = { kind: "mask", layer: 0, frame: "1.1", ...shape, runs } as const;
  return { id: crypto.randomUUID(), label: "x", at: 0, changes: [change], provenance: null };
}

test("the history is limited in bytes, drops the oldest, and always keeps the newest", () => {
  const history = new History(10_000);
  for (let count = 0; count < 5; count++) history.push(entryOf(2_800));
  expect(history.undoable).toHaveLength(3);
  expect(history.heldBytes).toBeLessThanOrEqual(10_000);
  history.push(entryOf(40_000));
  expect(history.undoable).toHaveLength(1);
});
