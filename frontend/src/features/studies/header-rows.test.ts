import { describe, expect, it } from "vitest";

import type { HeaderElement } from "@/api/types";

import { headerRows } from "./header-rows";

function element(tag: string, name: string, value = "", items: HeaderElement[][] = []) {
  const vr = items.length > 0 ? "SQ" : "LO";
  return { tag, name, vr, value, is_private: false, fate: null, items } satisfies HeaderElement;
}

const inner = element("(0008,1155)", "Referenced SOP Instance UID", "1.2.3");
const header = [
  element("(0010,0010)", "Patient's Name", "LIMN-1"),
  element("(0008,1140)", "Referenced Image Sequence", "1 item", [[inner]]),
];

describe("the lines of a header", () => {
  it("are closed until a sequence is opened", () => {
    const closed = headerRows(header, new Set(), "");
    const opened = headerRows(header, new Set(["/(0008,1140)"]), "");

    expect(closed.map((row) => row.element?.name)).toEqual(header.map((one) => one.name));
    expect(opened.map((row) => row.element?.name ?? row.item)).toEqual([
      "Patient's Name",
      "Referenced Image Sequence",
      "Item 1",
      "Referenced SOP Instance UID",
    ]);
    expect(opened.map((row) => row.depth)).toEqual([0, 0, 1, 2]);
  });

  it("are those that fit a search, with the way to them", () => {
    const found = headerRows(header, new Set(), "referenced 1.2.3");

    expect(found.map((row) => row.element?.tag ?? row.item)).toEqual([
      "(0008,1140)",
      "Item 1",
      "(0008,1155)",
    ]);
    expect(headerRows(header, new Set(), "00100010")).toHaveLength(1);
    expect(headerRows(header, new Set(), "nothing")).toHaveLength(0);
  });
});
