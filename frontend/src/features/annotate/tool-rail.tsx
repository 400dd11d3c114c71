import { Tooltip } from "@mantine/core";
import {
  IconAdjustmentsHorizontal,
  IconBrush,
  IconCircle,
  IconEraser,
  IconMarquee2,
  IconPointer,
  IconPointFilled,
  IconPolygon,
  IconRectangle,
  IconRuler2,
  IconTimeline,
  IconWand,
} from "@tabler/icons-react";
import type { ComponentType } from "react";

import { KeyHint } from "@/components/key-hint";
import type { ToolId } from "@/viewer-core/settings";
import type { Station } from "@/viewer-core/station";

import type { Command } from "./commands";
import classes from "./station.module.css";
import { useStore } from "./use-store";

const ICONS: Readonly<Record<ToolId, ComponentType<{ size?: number; stroke?: number }>>> = {
  select: IconPointer,
  brush: IconBrush,
  eraser: IconEraser,
  threshold: IconAdjustmentsHorizontal,
  polygon: IconPolygon,
  rectangle: IconRectangle,
  ellipse: IconCircle,
  smart: IconWand,
  box: IconMarquee2,
  length: IconRuler2,
  polyline: IconTimeline,
  point: IconPointFilled,
};

/** After these tools the rail leaves a gap: hand, paint, fill, model, shapes. */
const LAST_OF_GROUP: ReadonlySet<ToolId> = new Set(["select", "threshold", "ellipse", "smart"]);

interface ToolRailProps {
  readonly station: Station;
  readonly commands: readonly Command[];
}

/** One key, one icon, one tool. */
export function ToolRail({ station, commands }: ToolRailProps) {
  const { tool } = useStore(station.settings);
  return (
    <div className={classes["rail"]} role="toolbar" aria-label="Tools" aria-orientation="vertical">
      {commands.map((command) => {
        if (!command.tool) return null;
        const Icon = ICONS[command.tool];
        return (
          <Tooltip
            key={command.id}
            label={<KeyHint label={command.label} keys={command.key} />}
            position="right"
          >
            <button
              type="button"
              className={classes["tool"]}
              aria-label={command.label}
              aria-pressed={tool === command.tool}
              data-model={command.tool === "smart"}
              data-gap={LAST_OF_GROUP.has(command.tool)}
              onClick={() => {
                command.run();
                station.workbench.settleTool();
              }}
            >
              <Icon size={19} stroke={1.6} />
              <kbd>{command.key}</kbd>
            </button>
          </Tooltip>
        );
      })}
    </div>
  );
}
