import { expect, test, vi } from "vitest";

import { encodeMask } from "@/geometry/rle";

import { Overlays } from "./overlays";

const values = new Uint16Array([0, 1, 1, 0, 0, 1]);
const mask = btoa(String.fromCharCode(...encodeMask({ rows: 2, columns: 3, values })));

test("a frame's overlays are asked for once and are there when they have arrived", async () => {
  const door = vi.fn(async () => [mask]);
  const overlays = new Overlays(door, vi.fn());
  const arrived = new Promise<void>((done) => overlays.arrived.subscribe(done));

  expect(overlays.of("7.1")).toEqual([]);
  await arrived;

  expect(overlays.of("7.1")).toEqual([values]);
  expect(door.mock.calls).toEqual([["7.1"]]);
});

test("overlays that cannot be read are told of once, and not asked for at every painting", async () => {
  const door = vi.fn(() => Promise.reject(new Error("away")));
  const say = vi.fn();
  const overlays = new Overlays(door, say);

  overlays.of("7.1");
  await vi.waitFor(() => expect(say).toHaveBeenCalledOnce());
  overlays.of("7.1");

  expect(door).toHaveBeenCalledOnce();
  expect(overlays.of("7.1")).toEqual([]);
});

test("a series without overlays asks nobody", () => {
  expect(new Overlays(null, vi.fn()).of("7.1")).toEqual([]);
});
