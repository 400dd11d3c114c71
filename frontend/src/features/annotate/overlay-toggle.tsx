import { Tooltip } from "@mantine/core";

import type { Station } from "@/viewer-core/station";

import classes from "./picture.module.css";
import { useStore } from "./use-store";

/** Shows or hides what the file itself draws over its picture; absent where it draws nothing. */
export function OverlayToggle({ station }: { readonly station: Station }) {
  const { showsOverlays } = useStore(station.settings);
  const { overlays } = station.view;
  if (overlays.length === 0) return null;
  return (
    <Tooltip label={`${overlays.join(", ")} · M`}>
      <button
        type="button"
        className={classes["overlays"]}
        aria-pressed={showsOverlays}
        onClick={() => station.settings.patch({ showsOverlays: !showsOverlays })}
      >
        {showsOverlays ? "Overlay shown" : "Overlay hidden"}
      </button>
    </Tooltip>
  );
}
