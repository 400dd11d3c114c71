import { expect, test } from "vitest";

import { ShortcutReader } from "./shortcuts";

const commands = [
  { key: "g w", run: () => undefined },
  { key: "n", run: () => undefined },
];

function press(reader: ShortcutReader, key: string, target: HTMLElement = document.body) {
  const event = new KeyboardEvent("keydown", { key, bubbles: true });
  Object.defineProperty(event, "target", { value: target });
  return reader.read(event, commands)?.key ?? null;
}

test("single keys and sequences are found", () => {
  const reader = new ShortcutReader();
  expect(press(reader, "n")).toBe("n");
  expect(press(reader, "g")).toBeNull();
  expect(press(reader, "w")).toBe("g w");
  expect(press(reader, "w")).toBeNull();
});

test("keys typed into a field belong to it", () => {
  const field = document.createElement("input");
  expect(press(new ShortcutReader(), "n", field)).toBeNull();
});
