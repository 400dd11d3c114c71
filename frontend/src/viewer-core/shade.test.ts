import { describe, expect, test } from "vitest";

import type { GridView, ImageDescription } from "./grid-view";
import { shaded, shadeOf, tableShade, voiTable, windowOfTable, windowShade } from "./shade";
import { VoiTables } from "./voi-tables";
import { edgesOf, initialWindow, lookName, windowPresets } from "./window-level";

const image = {
  window_center: [40],
  window_width: [400],
  voi_lut_function: null,
} as unknown as ImageDescription;

function words(...entries: readonly number[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(entries.flatMap((entry) => [entry & 255, entry >> 8]));
}

describe("a table", () => {
  test("maps each value to its entry, and what lies outside to the nearest end", () => {
    const shade = tableShade(voiTable(-2, 12, words(4095, 0, 819)));
    expect([-900, -2, -1, 0, 900].map(shade)).toEqual([255, 255, 0, 51, 51]);
  });

  test("takes the nearer entry between two, as the server does", () => {
    const shade = tableShade(voiTable(0, 8, new Uint8Array([0, 100, 200])));
    expect([0.49, 0.5, 1.5, -0.5, -0.51].map(shade)).toEqual([0, 100, 200, 0, 0]);
  });

  test("uses its own range, and is never brighter than white", () => {
    expect(tableShade(voiTable(0, 10, words(1023)))(0)).toBe(255);
    expect(tableShade(voiTable(0, 10, words(4095)))(0)).toBe(255);
    expect(tableShade(voiTable(0, 16, words(65535, 32768)))(1)).toBeCloseTo(127.5, 1);
  });

  test("of 65536 entries holds them all", () => {
    const table = voiTable(-32768, 16, words(...Array.from({ length: 65536 }, (_, at) => at)));
    const shade = tableShade(table);
    expect([shade(-32768), shade(32767)]).toEqual([0, 255]);
    expect(shade(12_345)).toBeCloseTo(((12_345 + 32_768) / 65_535) * 255, 9);
  });

  test("is left for the window over what changes in it", () => {
    const table = voiTable(100, 8, new Uint8Array([3, 3, 3, 9, 60, 200, 200]));
    expect(windowOfTable(table)).toEqual({ center: 103.5, width: 3 });
    expect(windowOfTable(voiTable(7, 8, new Uint8Array([5, 5]))).width).toBe(1);
  });
});

describe("a frame", () => {
  const tables = [voiTable(0, 8, new Uint8Array([0, 255])), null];

  test("without the table that is looked through shows its first, then its own window", () => {
    const look = { center: 0, width: 1, table: 1 };
    expect(shadeOf(look, image, tables)(1)).toBe(255);
    const plain = windowShade({ center: 40, width: 400, function: "LINEAR" });
    expect(shadeOf(look, image, [])(77)).toBe(plain(77));
  });

  test("is shaded from stored values, whole or not", () => {
    const shade = tableShade(voiTable(-1, 8, new Uint8Array([10, 20, 30])));
    const rescale = { samples: 1, slope: 2, intercept: -3 };
    expect([...shaded({ ...rescale, values: Int16Array.of(1, 2, -9) }, shade)]).toEqual([
      10, 30, 10,
    ]);
    const rescaled = { samples: 1, slope: 1, intercept: 0 };
    expect([...shaded({ ...rescaled, values: Float32Array.of(-0.6, 0.2, 9) }, shade)]).toEqual([
      10, 20, 30,
    ]);
  });

  test("asks for its tables once, and again after a failure", async () => {
    let asked = 0;
    const door = new VoiTables(async () => {
      asked++;
      if (asked === 1) throw new Error("offline");
      return [
        { first: 0, bits: 8, entries: "AP8=" },
        { first: 0, bits: 8, entries: null },
      ];
    }, "grid");
    await expect(door.of("1.1")).rejects.toThrow("offline");
    const [first, second] = await door.of("1.1");
    expect([[...(first?.entries ?? [])], second]).toEqual([[0, 255], null]);
    await door.of("1.1");
    expect(asked).toBe(2);
  });
});

describe("a window", () => {
  test("has the edges of its function (PS3.3 C.11.2.1.2.1 and C.11.2.1.3)", () => {
    expect(edgesOf({ center: 40, width: 400, function: "LINEAR" })).toEqual({
      lower: -160,
      upper: 239,
    });
    expect(edgesOf({ center: 40, width: 400 })).toEqual({ lower: -160, upper: 240 });
    const [at, above] = [39.5, 40].map(windowShade({ center: 40, width: 1, function: "LINEAR" }));
    expect([Math.round(at ?? 0), above]).toEqual([128, 255]);
  });

  test("may be a sigmoid", () => {
    const shade = windowShade({ center: 40, width: 400, function: "SIGMOID" });
    expect(shade(40)).toBe(127.5);
    expect(shade(140)).toBeCloseTo(255 / (1 + Math.exp(-1)), 9);
  });

  test("is the image's own at first, a table before all", () => {
    const view = {
      modality: "MR",
      images: [image],
      presets: [
        { name: "VOI LUT: Harder", center: 0, width: 4, function: "LINEAR_EXACT", table: 0 },
      ],
    } as unknown as GridView;
    const pixels = { color: false, minPixelValue: 0, maxPixelValue: 1, getPixelData: () => [] };
    const tabled = { ...image, voi_tables: [{ name: "Harder", first: -2, count: 4 }] };

    const own = initialWindow(view, image, pixels);
    const look = initialWindow(view, tabled, pixels);

    expect(own).toEqual({ center: 40, width: 400, function: "LINEAR" });
    expect(look).toEqual({ center: 0, width: 4, table: 0 });
    expect([lookName(view, look), lookName(view, own)]).toEqual(["VOI LUT: Harder", null]);
    expect(windowPresets({ ...view, presets: [] })).toEqual([{ name: "As sent", ...own }]);
  });
});
