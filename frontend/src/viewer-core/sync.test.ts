import "fake-indexeddb/auto";

import { afterEach, beforeEach, expect, test } from "vitest";

import { Editor } from "./editor";
import { Journal } from "./journal";
import { LabelDocument } from "./label-document";
import { recover } from "./recovery";
import type { SaveBody } from "./save-body";
import { LockLost, SaveConflict, SaveRefused } from "./save-errors";
import { type SaveDoor, SyncEngine } from "./sync";

type Behaviour = "answer" | "lose the answer" | "no network";

/** A server that keeps whole documents: it knows request ids and heads, and may lose its answers. */
class FakeServer implements SaveDoor {
  head = 0;
  behaviour: Behaviour = "answer";
  refusal: Error | null = null;
  holder: string | null = null;
  readonly heard: SaveBody[] = [];
  readonly stored = new Map<string, number>();
  readonly answers: Record<string, unknown> = {};

  async save(_documentId: string, body: SaveBody): Promise<{ number: number }> {
    if (this.behaviour === "no network") throw new TypeError("Failed to fetch");
    this.heard.push(structuredClone(body));
    const number = this.stored.get(body.request_id) ?? this.store(body);
    if (this.behaviour === "lose the answer") throw new TypeError("Failed to fetch");
    return { number };
  }

  private store(body: SaveBody): number {
    if (this.refusal) throw this.refusal;
    if (this.holder) throw new LockLost(this.holder);
    if (body.base_number !== this.head) throw new SaveConflict(this.head);
    this.head++;
    this.stored.set(body.request_id, this.head);
    Object.assign(this.answers, body.answers);
    return this.head;
  }
}

interface Bench {
  readonly editor: Editor;
  readonly sync: SyncEngine;
}

let server: FakeServer;
let journal: Journal;
let engines: SyncEngine[];
let journals = 0;

beforeEach(() => {
  server = new FakeServer();
  journal = new Journal(`journal-${journals++}`);
  engines = [];
});

afterEach(async () => {
  for (const engine of engines) engine.close();
  await journal.close();
});

function open(): Bench {
  const document = new LabelDocument();
  document.load({ masks: [], shapes: [], answers: server.answers as Record<string, string> });
  const sync = new SyncEngine({
    document,
    documentId: "d1",
    journal,
    door: server,
    headNumber: server.head,
    lockToken: "lock",
    takeActiveMs: () => 0,
    gatherMs: 5,
    retryMs: [5],
  });
  engines.push(sync);
  return { editor: new Editor(document, (performed) => sync.note(performed)), sync };
}

function answer({ editor }: Bench, question: string, after: string): void {
  const before = editor.document.answers.get(question) ?? null;
  editor.edit("Answer", [{ kind: "answer", question, before, after }], null);
}

async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 400; turn++) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(condition()).toBe(true);
}

test("edits made close together travel as one save, and the status tells when it is there", async () => {
  const bench = open();
  answer(bench, "a", "1");
  answer(bench, "b", "2");
  expect(bench.sync.status.get().kind).toBe("saving");
  await until(() => bench.sync.status.get().kind === "saved");
  expect(server.heard).toHaveLength(1);
  expect(server.answers).toEqual({ a: "1", b: "2" });
});

test("a save whose answer was lost is sent again under the same id and stored once", async () => {
  const bench = open();
  server.behaviour = "lose the answer";
  answer(bench, "a", "1");
  await until(() => server.heard.length > 1);
  server.behaviour = "answer";
  await until(() => bench.sync.status.get().kind === "saved");
  expect(new Set(server.heard.map((body) => body.request_id)).size).toBe(1);
  expect(server.head).toBe(1);
});

test("without a network edits are counted and kept, and sent when it is back", async () => {
  const bench = open();
  server.behaviour = "no network";
  answer(bench, "a", "1");
  await until(() => bench.sync.status.get().kind === "offline");
  answer(bench, "a", "2");
  answer(bench, "b", "3");
  expect(bench.sync.status.get()).toEqual({ kind: "offline", edits: 3 });
  server.behaviour = "answer";
  await until(() => bench.sync.status.get().kind === "saved");
  expect(server.answers).toEqual({ a: "2", b: "3" });
});

test("a conflict stops saving, keeps the edits, and goes on top of the newer head when told", async () => {
  const bench = open();
  server.head = 7;
  answer(bench, "a", "mine");
  await until(() => bench.sync.status.get().kind === "conflict");
  answer(bench, "b", "later");
  await new Promise((resolve) => setTimeout(resolve, 40));
  expect(server.heard).toHaveLength(1);
  expect(bench.sync.status.get()).toEqual({ kind: "conflict", headNumber: 7 });

  bench.sync.keepMine(7);
  await until(() => bench.sync.status.get().kind === "saved");
  expect(server.answers).toEqual({ a: "mine", b: "later" });
  expect(server.head).toBe(8);
  expect(new Set(server.heard.map((body) => body.request_id)).size).toBe(2);
});

test("a conflict resolved for the others forgets what was here", async () => {
  const bench = open();
  server.head = 7;
  answer(bench, "a", "mine");
  await until(() => bench.sync.status.get().kind === "conflict");
  await bench.sync.takeTheirs(7);
  expect(bench.sync.status.get().kind).toBe("saved");
  expect(await journal.read("d1")).toEqual([]);
  answer(bench, "b", "new");
  await until(() => server.head === 8);
  expect(server.answers).toEqual({ b: "new" });
});

test("a lost lock stops saving; the edits stay in the journal", async () => {
  const bench = open();
  server.holder = "Bob";
  answer(bench, "a", "1");
  await until(() => bench.sync.status.get().kind === "lock-lost");
  expect(await bench.sync.flush()).toBe(false);
  expect(await journal.read("d1")).toHaveLength(1);
});

test("a refused save says why, and its content travels with the next one under a new id", async () => {
  const bench = open();
  server.refusal = new SaveRefused("The answer to a is too long.");
  answer(bench, "a", "1");
  await until(() => bench.sync.status.get().kind === "refused");
  server.refusal = null;
  await until(() => bench.sync.status.get().kind === "saved");
  expect(server.answers).toEqual({ a: "1" });
});

test("a tab closed before anything was sent: reopened, the edit is there and is sent", async () => {
  const first = open();
  server.behaviour = "no network";
  answer(first, "a", "1");
  answer(first, "b", "2");
  first.editor.undo();
  await until(() => first.sync.status.get().kind === "offline");
  first.sync.close();

  server.behaviour = "answer";
  const second = open();
  expect(await recover(journal, "d1", second.editor, second.sync)).toEqual({
    replayed: 3,
    conflict: false,
  });
  expect(Object.fromEntries(second.editor.document.answers)).toEqual({ a: "1" });
  expect(second.editor.state.get()).toEqual({ undo: "Answer", redo: "Answer" });
  await until(() => second.sync.status.get().kind === "saved");
  expect(server.answers).toEqual({ a: "1", b: null });
});

test("a tab closed before the answer came: the save is said again, not made twice", async () => {
  const first = open();
  server.behaviour = "lose the answer";
  answer(first, "a", "1");
  await until(() => server.head === 1);
  first.sync.close();
  await until(() => first.sync.status.get().kind === "offline");

  server.behaviour = "answer";
  const second = open();
  const found = await recover(journal, "d1", second.editor, second.sync);
  expect(found.conflict).toBe(false);
  await until(() => second.sync.status.get().kind === "saved");
  expect(new Set(server.heard.map((body) => body.request_id)).size).toBe(1);
  answer(second, "b", "2");
  await until(() => server.head === 2);
  expect(server.answers).toEqual({ a: "1", b: "2" });
});

test("undo reaches behind a reload, also over what was saved", async () => {
  const first = open();
  answer(first, "a", "1");
  answer(first, "a", "2");
  await until(() => first.sync.status.get().kind === "saved");
  first.sync.close();

  const second = open();
  expect((await recover(journal, "d1", second.editor, second.sync)).replayed).toBe(0);
  second.editor.undo();
  expect(second.editor.document.answers.get("a")).toBe("1");
  await until(() => server.answers["a"] === "1");
});

test("unsent edits on a head that moved on are shown as a conflict and not sent", async () => {
  const first = open();
  server.behaviour = "no network";
  answer(first, "a", "mine");
  await until(() => first.sync.status.get().kind === "offline");
  first.sync.close();

  server.behaviour = "answer";
  server.head = 9;
  server.answers["a"] = "theirs";
  const second = open();
  const found = await recover(journal, "d1", second.editor, second.sync);
  expect(found).toEqual({ replayed: 1, conflict: true });
  expect(await second.sync.flush()).toBe(false);
  expect(server.heard).toEqual([]);
  second.sync.keepMine(9);
  await until(() => server.answers["a"] === "mine");
});

test("a head moved on with nothing unsent drops the old history quietly", async () => {
  const first = open();
  answer(first, "a", "1");
  await until(() => first.sync.status.get().kind === "saved");
  first.sync.close();
  server.head = 9;
  const second = open();
  const found = await recover(journal, "d1", second.editor, second.sync);
  expect(found).toEqual({ replayed: 0, conflict: false });
  expect(second.editor.undo()).toBe(false);
});
