import { unzipSync } from "fflate";
import { expect, test } from "vitest";

import { Problem } from "@/api/problem";
import { until } from "@/testing/deferred";
import { FakeUploadServer } from "@/testing/fake-upload-server";

import type { ChosenFile } from "./upload-item";
import type { RememberedUpload, UploadMemory } from "./upload-memory";
import { UploadQueue } from "./upload-queue";

const chunkBytes = 16;

class MapMemory implements UploadMemory {
  readonly kept = new Map<string, RememberedUpload>();
  all = async () => [...this.kept.values()];
  remember = async (upload: RememberedUpload) => void this.kept.set(upload.key, upload);
  forget = async (key: string) => void this.kept.delete(key);
}

function setUp(memory = new MapMemory()) {
  const server = new FakeUploadServer();
  const waits: number[] = [];
  const queue = new UploadQueue({
    transport: server,
    memory,
    chunkBytes,
    wait: async (milliseconds, signal) => {
      waits.push(milliseconds);
      await new Promise((resolve) => setTimeout(resolve));
      signal.throwIfAborted();
    },
  });
  return { server, memory, queue, waits };
}

/** A file whose bytes tell their own place, so that a lost or doubled chunk shows. */
function file(name: string, size: number): ChosenFile {
  const bytes = Uint8Array.from({ length: size }, (_, index) => (index * 31 + (index >> 8)) % 251);
  return { file: new File([bytes], name, { lastModified: 1 }), path: `folder/${name}` };
}

async function bytesOf(chosen: ChosenFile): Promise<Uint8Array> {
  return new Uint8Array(await chosen.file.arrayBuffer());
}

test("a file of several chunks arrives whole, and its outcome is told", async () => {
  const { server, queue } = setUp();
  const chosen = file("a.dcm", chunkBytes * 2 + 5);

  await queue.add([chosen]);
  await until(() => server.finished.length === 1, "the run is finished");

  expect(server.uploads.get("upload-1")?.bytes).toEqual(await bytesOf(chosen));
  expect(server.chunkOffsets).toEqual([0, chunkBytes, chunkBytes * 2]);
  expect(queue.counts.stored).toBe(1);
  expect(queue.sentBytes).toBe(queue.totalBytes);
});

test("a connection that breaks is waited out, longer each time", async () => {
  const { server, queue, waits } = setUp();
  server.failBefore = 3;

  await queue.add([file("a.dcm", 10)]);
  await until(() => queue.counts.stored === 1, "the file is stored");

  expect(waits).toEqual([500, 1000, 2000]);
});

test("bytes whose answer was lost are not sent twice", async () => {
  const { server, queue } = setUp();
  server.failAfter = 1;
  const chosen = file("a.dcm", chunkBytes + 7);

  await queue.add([chosen]);
  await until(() => queue.counts.stored === 1, "the file is stored");

  expect(server.chunkOffsets).toEqual([0, chunkBytes]);
  expect(server.uploads.get("upload-1")?.bytes).toEqual(await bytesOf(chosen));
});

test("when the server stands elsewhere, sending goes on from there", async () => {
  const memory = new MapMemory();
  const { server, queue } = setUp(memory);
  const chosen = file("a.dcm", 40);
  const whole = await bytesOf(chosen);
  const { id } = await server.createUpload("run-9", "folder/a.dcm", 40);
  const stored = server.uploads.get(id);
  if (stored) stored.bytes = whole.slice(0, 15);
  memory.kept.set("folder/a.dcm|40|1", {
    key: "folder/a.dcm|40|1",
    runId: "run-9",
    uploadId: id,
    at: Date.now(),
  });

  await queue.add([chosen]);
  await until(() => server.finished.length === 1, "the run is finished");

  expect(server.chunkOffsets).toEqual([15, 15 + chunkBytes]);
  expect(server.uploads.get(id)?.bytes).toEqual(whole);
  expect(server.runs).toBe(0);
  expect(server.finished).toEqual(["run-9"]);
  expect(memory.kept.size).toBe(0);
});

test("an upload the server has forgotten begins anew", async () => {
  const memory = new MapMemory();
  const { server, queue } = setUp(memory);
  memory.kept.set("folder/a.dcm|12|1", {
    key: "folder/a.dcm|12|1",
    runId: "run-9",
    uploadId: "gone",
    at: Date.now(),
  });

  await queue.add([file("a.dcm", 12)]);
  await until(() => queue.counts.stored === 1, "the file is stored");

  expect([...server.uploads.keys()]).toEqual(["upload-1"]);
});

test("a refusal is told and not repeated", async () => {
  const { server, queue, waits } = setUp();
  server.rejectWith = new Problem(413, {});

  await queue.add([file("a.dcm", 12)]);
  await until(() => queue.counts.failed === 1, "the file failed");

  expect(queue.items[0]?.message).toBe("This is larger than the server accepts.");
  expect(waits).toEqual([]);
  expect(server.finished).toEqual([]);
});

test("pausing keeps what is left, and going on sends it", async () => {
  const { server, queue } = setUp();
  const files = Array.from({ length: 30 }, (_, index) => file(`${index}.dcm`, 3));
  await queue.add(files);
  queue.pause();
  await until(() => queue.counts.sending === 0, "nothing is being sent");
  expect(queue.counts.waiting).toBeGreaterThan(0);

  queue.resume();
  await until(() => queue.counts.stored === 30, "all are stored");

  expect(new Set(queue.items.map((one) => one.outcomes[0]?.name)).size).toBe(30);
  expect(server.runs).toBe(1);
});

test("the same file chosen twice is sent once", async () => {
  const { server, queue } = setUp();
  const chosen = file("a.dcm", 9);

  await queue.add([chosen, chosen]);
  await queue.add([chosen]);
  await until(() => queue.counts.stored === 1, "the file is stored");

  expect(queue.items).toHaveLength(1);
  expect(server.uploads.size).toBe(1);
});

test("small files travel in one pack, byte for byte, each with its own fate", async () => {
  const { server, queue } = setUp();
  const files = Array.from({ length: 12 }, (_, index) => file(`${index}.dcm`, index));

  await queue.add(files);
  await until(() => queue.counts.stored === 12, "all are stored");

  expect(server.uploads.size).toBe(1);
  const members = unzipSync(server.uploads.get("upload-1")?.bytes ?? new Uint8Array());
  for (const one of files) expect(members[one.path]).toEqual(await bytesOf(one));
  expect(queue.items.map((one) => one.outcomes[0]?.name)).toEqual(files.map((one) => one.path));
  expect(queue.items.map((one) => one.sentBytes)).toEqual(files.map((one) => one.file.size));
});

test("more small files than a pack holds travel in several", async () => {
  const { server, queue } = setUp();

  await queue.add(Array.from({ length: 450 }, (_, index) => file(`${index}.dcm`, 1)));
  await until(() => queue.counts.stored === 450, "all are stored");

  expect(server.uploads.size).toBe(3);
});

test("an archive among small files travels alone, whatever it is called", async () => {
  const { server, queue } = setUp();
  const archive = { file: new File(["PK\u0003\u0004 and more"], "scan"), path: "scan" };

  await queue.add([file("a.dcm", 4), archive, file("b.dcm", 4)]);
  await until(() => queue.counts.stored === 3, "all are stored");

  const names = [...server.uploads.values()].map((one) => one.name);
  expect(names).toContain("scan");
});

test("a pack that is not understood is sent file by file", async () => {
  const { server, queue } = setUp();
  server.refusesPacks = true;

  await queue.add([file("a.dcm", 4), file("b.dcm", 4)]);
  await until(() => queue.counts.stored === 2, "both are stored");

  const names = [...server.uploads.values()].map((one) => one.name);
  expect(names.slice(1).sort()).toEqual(["folder/a.dcm", "folder/b.dcm"]);
});

test("a pack begun in an earlier visit goes on where it stopped", async () => {
  const { server, memory, queue } = setUp();
  const files = [file("a.dcm", 40), file("b.dcm", 40)];
  server.failBefore = 1;
  await queue.add(files);
  queue.pause();
  await until(() => queue.counts.sending === 0, "nothing is being sent");
  const again = new UploadQueue({ transport: server, memory, chunkBytes });

  await again.add(files);
  await until(() => again.counts.stored === 2, "both are stored");

  expect(server.uploads.size).toBe(1);
  expect(memory.kept.size).toBe(0);
});
