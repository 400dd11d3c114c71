import { cache, imageLoader, type Types, utilities } from "@cornerstonejs/core";

import { registerShadedFrame, unregisterShadedFrame } from "./cornerstone";
import { framePixels } from "./frame-pixels";
import { type Shade, shaded } from "./shade";

const SCHEME = "limn-shaded";
const WHITE = 255;

interface Origin {
  readonly imageId: string;
  readonly shade: () => Promise<Shade>;
}

const origins = new Map<string, Origin>();
let sets = 0;

/**
 * A series whose greys are computed here, because no window makes them of its values.
 *
 * Cornerstone draws straight windows exactly, on the graphics card and on the processor; through a
 * table or a curve it draws on one of them only, and approximately. So it is given finished greys.
 */
export class ShadedFrames {
  readonly imageIds: readonly string[];

  constructor(imageIds: readonly string[], shadeOf: (index: number) => Promise<Shade>) {
    imageLoader.registerImageLoader(SCHEME, loadShaded);
    const set = sets++;
    this.imageIds = imageIds.map((imageId, index) => {
      const own = `${SCHEME}:${set}:${imageId}`;
      origins.set(own, { imageId, shade: () => shadeOf(index) });
      registerShadedFrame(own, imageId);
      return own;
    });
  }

  destroy(): void {
    for (const imageId of this.imageIds) {
      origins.delete(imageId);
      unregisterShadedFrame(imageId);
      if (cache.getImageLoadObject(imageId)) cache.removeImageLoadObject(imageId, { force: true });
    }
  }
}

function loadShaded(imageId: string) {
  return { promise: shadedImage(imageId) };
}

async function shadedImage(imageId: string): Promise<Types.IImage> {
  const origin = origins.get(imageId);
  if (!origin) throw new Error("The picture was closed.");
  const [image, shade] = await Promise.all([
    imageLoader.loadAndCacheImage(origin.imageId),
    origin.shade(),
  ]);
  const greys = shaded(framePixels(image), shade);
  const { width, height } = image;
  const { cachedLut: _, scaling: __, preScale: ___, ...kept } = image;
  return {
    ...kept,
    imageId,
    dataType: "Uint8Array",
    sizeInBytes: greys.byteLength,
    getPixelData: () => greys,
    voxelManager: utilities.VoxelManager.createImageVoxelManager({
      width,
      height,
      scalarData: greys,
      numberOfComponents: 1,
      id: imageId,
    }),
    minPixelValue: 0,
    maxPixelValue: WHITE,
    slope: 1,
    intercept: 0,
    windowCenter: (WHITE + 1) / 2,
    windowWidth: WHITE + 1,
    isPreScaled: false,
    preScale: { enabled: false },
  };
}
