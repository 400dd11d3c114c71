import type { Types } from "@cornerstonejs/core";

/** Stored pixels of a frame and how they become real values. */
export interface FramePixels {
  readonly values: ArrayLike<number>;
  readonly samples: number;
  readonly slope: number;
  readonly intercept: number;
}

/** The pixels of a decoded image; some were rescaled already where they were decoded. */
export function framePixels(image: Types.IImage): FramePixels {
  const isScaled = image.preScale?.scaled === true;
  return {
    values: image.getPixelData(),
    samples: image.numberOfComponents,
    slope: isScaled ? 1 : image.slope,
    intercept: isScaled ? 0 : image.intercept,
  };
}
