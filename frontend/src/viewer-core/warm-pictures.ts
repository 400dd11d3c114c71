import { cache, Enums, imageLoader } from "@cornerstonejs/core";

import { forgetFrames, registerFrames, renderingEngine } from "./cornerstone";
import type { GridView } from "./grid-view";
import { placeFrames } from "./series-geometry";

const AROUND = 2;

/**
 * Fetch and decode the pictures around a slice of a series that is not on the screen yet.
 *
 * Decoding happens in workers, one picture after the other, behind whatever the shown series
 * still asks for. The returned function lets go of what the series on the screen does not share.
 */
export function warmPictures(view: GridView, index: number): () => void {
  renderingEngine();
  const imageIds = registerFrames(view, placeFrames(view), () => view.frame_token.token);
  const nearest = [...imageIds.keys()]
    .sort((a, b) => Math.abs(a - index) - Math.abs(b - index))
    .slice(0, 2 * AROUND + 1);
  let isStopped = false;
  const warm = async (): Promise<void> => {
    for (const at of nearest) {
      const imageId = imageIds[at];
      if (isStopped || !imageId) return;
      if (cache.getImage(imageId)) continue;
      const options = { requestType: Enums.RequestType.Prefetch, priority: 10 };
      await imageLoader.loadAndCacheImage(imageId, options);
    }
  };
  // A courtesy: what cannot be had now is asked for again when somebody looks at it.
  void warm().catch(() => undefined);
  return () => {
    isStopped = true;
    forgetFrames(imageIds);
  };
}
