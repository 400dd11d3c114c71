import { expect, test } from "vitest";

import type { FrameDescription, GridView, ImageDescription } from "./grid-view";
import { rasterCapsule } from "./raster";
import { ballSections, placeFrames } from "./series-geometry";

const image: ImageDescription = {
  rows: 30,
  columns: 40,
  samples_per_pixel: 1,
  photometric_interpretation: "MONOCHROME2",
  bits_allocated: 16,
  bits_stored: 16,
  high_bit: 15,
  pixel_representation: 1,
  planar_configuration: null,
  rescale_slope: 1,
  rescale_intercept: 0,
  rescale_type: null,
  window_center: [],
  window_width: [],
  voi_lut_function: null,
  pixel_spacing_mm: [1.5, 0.8],
};

function seriesAt(offsets_mm: readonly number[] | null): GridView {
  const frames = (offsets_mm ?? [0, 0, 0]).map(
    (offset, index): FrameDescription => ({
      key: `${index + 7}.1`,
      url: "",
      image: 0,
      // Coronal: the normal of (x, -z) is +y, so slices run to the back.
      position_mm_lps: offsets_mm && [10, 20 + offset, 30],
      orientation: offsets_mm && [1, 0, 0, 0, 0, -1],
    }),
  );
  return {
    grid: {
      id: "g",
      name: "1",
      is_regular: true,
      reason: null,
      shape_kji: [frames.length, 30, 40],
      spacing_mm_ijk: offsets_mm && [0.8, 1.5, 2],
      origin_mm_lps: offsets_mm && [10, 20, 30],
      direction: offsets_mm && [1, 0, 0, 0, 0, 1, 0, -1, 0],
      frame_of_reference_uid: null,
    },
    modality: "MR",
    series: { id: "s", uid: "1", description: "", number: 1 },
    study: { id: "t", uid: "2", date: null, description: "" },
    images: [image],
    frames,
    frame_token: { token: "", expires_at: "" },
    presets: [],
    overlays: [],
    warnings: [],
  };
}

test("a ball is a ball in the patient, also across a gap of the series", () => {
  const frames = placeFrames(seriesAt([0, 2, 4, 6, 14, 16]));
  const middle = frames[3];
  expect(middle).toBeDefined();
  if (!middle) return;
  const centre = { i: 17.25, j: 12.5 };
  const painted = new Set<string>();
  for (const { frame, radius_mm } of ballSections(frames, middle, centre, 9)) {
    rasterCapsule(frame, centre, centre, radius_mm, (j, i0, i1) => {
      for (let i = i0; i < i1; i++) painted.add(`${frame.index} ${j} ${i}`);
    });
  }
  const expected = new Set<string>();
  [0, 2, 4, 6, 14, 16].forEach((offset, k) => {
    for (let at = 0; at < 30 * 40; at++) {
      const [i, j] = [at % 40, Math.floor(at / 40)];
      const far = ((i - 17.25) * 0.8) ** 2 + ((j - 12.5) * 1.5) ** 2 + (offset - 6) ** 2;
      if (far <= 81) expected.add(`${k} ${j} ${i}`);
    }
  });
  expect(painted).toEqual(expected);
  expect(new Set([...painted].map((voxel) => voxel[0]))).toEqual(new Set("01234"));
});

test("a voxel's volume comes from its own spacing, and is unknown without geometry", () => {
  expect(placeFrames(seriesAt([0, 2, 4]))[0]?.voxel_ml).toBeCloseTo((0.8 * 1.5 * 2) / 1000, 12);
  expect(placeFrames(seriesAt(null))[0]?.voxel_ml).toBeNull();
});

test("without geometry a ball stays on its frame", () => {
  const frames = placeFrames(seriesAt(null));
  const [first] = frames;
  expect(first && ballSections(frames, first, { i: 1, j: 1 }, 50)).toHaveLength(1);
});
