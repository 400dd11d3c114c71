import {
  getRenderingCapabilities,
  init as initCore,
  metaData,
  RenderingEngine,
} from "@cornerstonejs/core";
import { init as initImageLoader } from "@cornerstonejs/dicom-image-loader";

import type { GridView } from "./grid-view";
import type { PlacedFrame } from "./series-geometry";

/** Cornerstone's metadata modules that the station answers itself; nothing is parsed in the browser. */
type Modules = Readonly<Record<string, unknown>>;

const modulesByImage = new Map<string, Modules>();
/** How many pictures show an image: the same series may stand side by side. */
const usesByImage = new Map<string, number>();
/** Frames of closed pictures, oldest first: some are still under way, and are decoded with their modules. */
const retired: string[] = [];
const RETIRED_KEPT = 2_000;
const tokensByPath = new Map<string, () => string>();
/** More than the loader's own provider, so that ours is asked first. */
const PROVIDER_PRIORITY = 100_000;
const DECODE_WORKERS = 2;
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|microsoft basic render/i;

let engine: RenderingEngine | null = null;

/** Whether pictures are drawn by the processor, because there is no graphics card to speak of. */
function shouldUseCpu(): boolean {
  const { webgl, renderer } = getRenderingCapabilities();
  return !webgl || SOFTWARE.test(renderer);
}

function authorise(_xhr: XMLHttpRequest, imageId: string): Record<string, string> {
  const token = tokensByPath.get(studyPath(imageId))?.();
  return { Accept: "*/*", ...(token ? { "X-Limn-Frames": token } : {}) };
}

/** `wadors:<origin>/frames/<study>/…` up to the study: tokens are given for whole studies. */
function studyPath(imageId: string): string {
  return /^.*?\/frames\/[^/]+/.exec(imageId)?.[0] ?? imageId;
}

/** The one rendering engine of the page, started when it is first asked for. */
export function renderingEngine(): RenderingEngine {
  if (engine) return engine;
  const useCPURendering = shouldUseCpu();
  initCore({ rendering: { useGenericViewport: true, useCPURendering }, debug: {} });
  initImageLoader({ maxWebWorkers: DECODE_WORKERS, beforeSend: authorise });
  metaData.addProvider((module: string, imageId: unknown) => {
    return typeof imageId === "string" ? modulesByImage.get(imageId)?.[module] : undefined;
  }, PROVIDER_PRIORITY);
  engine = new RenderingEngine("limn");
  return engine;
}

/** Tell Cornerstone about the frames of a series; returns their image ids in grid order. */
export function registerFrames(
  view: GridView,
  frames: readonly PlacedFrame[],
  token: () => string,
): string[] {
  return frames.map((frame, index) => {
    const url = new URL(view.frames[index]?.url ?? "", window.location.origin).href;
    const imageId = `wadors:${url}`;
    tokensByPath.set(studyPath(imageId), token);
    modulesByImage.set(imageId, modulesOf(view, frame));
    usesByImage.set(imageId, (usesByImage.get(imageId) ?? 0) + 1);
    return imageId;
  });
}

export function forgetFrames(imageIds: readonly string[]): void {
  for (const imageId of imageIds) {
    const left = (usesByImage.get(imageId) ?? 1) - 1;
    if (left > 0) {
      usesByImage.set(imageId, left);
    } else {
      usesByImage.delete(imageId);
      retired.push(imageId);
    }
  }
  for (const imageId of retired.splice(0, Math.max(0, retired.length - RETIRED_KEPT))) {
    if (!usesByImage.has(imageId)) modulesByImage.delete(imageId);
  }
}

/** Tell Cornerstone about a frame of finished greys, which lies where another one does. */
export function registerShadedFrame(imageId: string, origin: string): void {
  const modules = modulesByImage.get(origin);
  modulesByImage.set(imageId, {
    ...modules,
    imagePixelModule: {
      ...(modules?.["imagePixelModule"] as object),
      bitsAllocated: 8,
      bitsStored: 8,
      highBit: 7,
      pixelRepresentation: 0,
    },
    modalityLutModule: { rescaleSlope: 1, rescaleIntercept: 0 },
    voiLutModule: {},
  });
}

export function unregisterShadedFrame(imageId: string): void {
  modulesByImage.delete(imageId);
}

function modulesOf(view: GridView, frame: PlacedFrame): Modules {
  const { image, plane } = frame;
  return {
    generalSeriesModule: { modality: view.modality, seriesInstanceUID: view.series.uid },
    imagePlaneModule: {
      frameOfReferenceUID: view.grid.frame_of_reference_uid ?? view.series.uid,
      rows: frame.rows,
      columns: frame.columns,
      imagePositionPatient: [...plane.origin_mm_lps],
      imageOrientationPatient: [...plane.along_i, ...plane.along_j],
      rowCosines: [...plane.along_i],
      columnCosines: [...plane.along_j],
      pixelSpacing: [plane.spacing_j_mm, plane.spacing_i_mm],
      rowPixelSpacing: plane.spacing_j_mm,
      columnPixelSpacing: plane.spacing_i_mm,
      sliceThickness: 1,
    },
    imagePixelModule: {
      samplesPerPixel: image.samples_per_pixel,
      photometricInterpretation: image.photometric_interpretation,
      planarConfiguration: image.planar_configuration ?? 0,
      rows: image.rows,
      columns: image.columns,
      bitsAllocated: image.bits_allocated,
      bitsStored: image.bits_stored,
      highBit: image.high_bit,
      pixelRepresentation: image.pixel_representation,
    },
    modalityLutModule: {
      rescaleSlope: image.rescale_slope ?? 1,
      rescaleIntercept: image.rescale_intercept ?? 0,
      rescaleType: image.rescale_type ?? undefined,
    },
    // How a window or a table is drawn is decided here, not there (`ImageViewport`).
    voiLutModule: {
      windowCenter: image.window_center.length > 0 ? [...image.window_center] : undefined,
      windowWidth: image.window_width.length > 0 ? [...image.window_width] : undefined,
    },
    sopCommonModule: {},
  };
}
