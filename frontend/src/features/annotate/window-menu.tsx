import { Kbd, Menu } from "@mantine/core";

import type { GridView } from "@/viewer-core/grid-view";
import type { ImageViewport, PictureState } from "@/viewer-core/image-viewport";
import { lookName, windowPresets } from "@/viewer-core/window-level";

import classes from "./picture.module.css";

const PRESET_KEYS = 9;

interface WindowMenuProps {
  readonly view: GridView;
  readonly picture: PictureState | null;
  readonly viewport: () => ImageViewport | null;
}

/** Width and level as they are; a click offers the presets. Coloured pictures have none. */
export function WindowMenu({ view, picture, viewport }: WindowMenuProps) {
  if (!picture?.window || (view.images[0]?.samples_per_pixel ?? 1) > 1) return null;
  const { center, width, table } = picture.window;
  const look = lookName(view, picture.window);
  const levels = `W ${Math.round(width)} L ${Math.round(center)}`;
  return (
    <Menu position="top-start" transitionProps={{ duration: 80 }} withinPortal>
      <Menu.Target>
        <button type="button" className={classes["window"]} title="Window presets">
          {typeof table === "number" ? look : [levels, look].filter(Boolean).join(" ")}
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {windowPresets(view).map((preset, index) => (
          <Menu.Item
            key={preset.name}
            onClick={() => viewport()?.setWindow(preset)}
            rightSection={index < PRESET_KEYS ? <Kbd size="xs">⇧{index + 1}</Kbd> : null}
          >
            {preset.name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
