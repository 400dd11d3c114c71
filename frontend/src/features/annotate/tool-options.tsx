import { NumberInput } from "@mantine/core";

import { formatNumber } from "@/lib/format";
import {
  FILLING,
  MAX_RADIUS_MM,
  MIN_RADIUS_MM,
  type Settings,
  shapeOfTool,
} from "@/viewer-core/settings";
import type { Station } from "@/viewer-core/station";

import { TOOL_KEYS } from "./commands";
import classes from "./panels.module.css";
import { useStore } from "./use-store";

/** What the tool in the hand can be told. */
export function ToolOptions({ station }: { readonly station: Station }) {
  const settings = useStore(station.settings);
  const name = TOOL_KEYS.find(([id]) => id === settings.tool)?.[2] ?? "";
  const isBrush = ["brush", "eraser", "threshold"].includes(settings.tool);
  return (
    <section
      className={classes["panel"]}
      aria-label="Tool"
      data-model={settings.tool === "smart" ? "true" : "false"}
    >
      <h2>{name}</h2>
      {isBrush && <BrushSize station={station} settings={settings} />}
      <DrawsSwitch station={station} settings={settings} />
      {settings.tool === "threshold" && <Threshold station={station} settings={settings} />}
      {settings.tool === "eraser" && (
        <label className={classes["check"]}>
          <input
            type="checkbox"
            checked={settings.erasesAll}
            onChange={(event) => station.settings.patch({ erasesAll: event.currentTarget.checked })}
          />
          Every unlocked segment, not only the chosen one
        </label>
      )}
      {settings.tool === "smart" && <SmartOptions station={station} />}
      <p className={classes["hint"]}>{HINTS[settings.tool]}</p>
    </section>
  );
}

const HINTS: Readonly<Record<Settings["tool"], string>> = {
  select: "Drag a shape or one of its points. Drag the picture to move it.",
  brush: "Shift + wheel sizes the brush, Q makes it a ball.",
  eraser: "Shift + wheel sizes the eraser, Q makes it a ball.",
  threshold:
    "Paints only where the value lies in the range. Alt + click takes it from the picture.",
  polygon: "Click corners or draw freehand. Enter or the first corner fills it.",
  rectangle: "Drag from corner to corner.",
  ellipse: "Drag from corner to corner.",
  smart: "Click on the object. Alt or Shift + click marks what is not. Drag a box around it.",
  box: "Drag from corner to corner.",
  length: "Drag from end to end.",
  polyline: "Click its points, Enter ends it.",
  point: "Click to set a point.",
};

interface OptionsProps {
  readonly station: Station;
  readonly settings: Settings;
}

/** What the tool draws, where the schema leaves a choice: a segment's fill, or one of its shapes. */
function DrawsSwitch({ station, settings: { tool, draws } }: OptionsProps) {
  const shapes = station.shapes.filter(({ kind }) => kind === tool);
  const fills = FILLING.has(tool);
  if (shapes.length === 0 || (shapes.length === 1 && !fills)) return null;
  const chosen = shapeOfTool(station.shapes, tool, draws[tool])?.id ?? null;
  const choose = (id: string | null) => () =>
    station.settings.patch({ draws: { ...draws, [tool]: id } });
  return (
    <fieldset className={classes["switch"]} aria-label="Draws">
      {fills && (
        <button type="button" aria-pressed={chosen === null} onClick={choose(null)}>
          Fill
        </button>
      )}
      {shapes.map(({ id, name }) => (
        <button
          key={id}
          type="button"
          dir="auto"
          title={name}
          aria-pressed={chosen === id}
          onClick={choose(id)}
        >
          {name}
        </button>
      ))}
    </fieldset>
  );
}

function BrushSize({ station, settings }: OptionsProps) {
  const unit = station.frames[0]?.isCalibrated === false ? "px" : "mm";
  return (
    <>
      <label className={classes["line"]}>
        <span>Radius</span>
        <input
          type="range"
          min={Math.log(MIN_RADIUS_MM)}
          max={Math.log(60)}
          step={0.02}
          value={Math.log(settings.radius_mm)}
          onChange={(event) => {
            const radius = Math.exp(event.currentTarget.valueAsNumber);
            station.settings.patch({
              radius_mm: Math.min(MAX_RADIUS_MM, Math.round(radius * 10) / 10),
            });
          }}
        />
        <b>
          {formatNumber(settings.radius_mm, 1)} {unit}
        </b>
      </label>
      <fieldset className={classes["switch"]} aria-label="Brush">
        {([false, true] as const).map((isSphere) => (
          <button
            key={`${isSphere}`}
            type="button"
            aria-pressed={settings.isSphere === isSphere}
            onClick={() => station.settings.patch({ isSphere })}
          >
            {isSphere ? "Ball (3D)" : "Disc (2D)"}
          </button>
        ))}
      </fieldset>
    </>
  );
}

function Threshold({ station, settings }: OptionsProps) {
  const { low, high } = settings.threshold;
  const set = (part: Partial<Settings["threshold"]>) =>
    station.settings.patch({ threshold: { ...settings.threshold, ...part } });
  return (
    <div className={classes["line"]}>
      <span>Range</span>
      <NumberInput
        size="xs"
        aria-label="Lowest value"
        value={low}
        hideControls
        onChange={(value) => typeof value === "number" && set({ low: value })}
      />
      <NumberInput
        size="xs"
        aria-label="Highest value"
        value={high}
        hideControls
        onChange={(value) => typeof value === "number" && set({ high: value })}
      />
    </div>
  );
}

function SmartOptions({ station }: { readonly station: Station }) {
  const smart = useStore(station.smart.state);
  if (smart.status === "none" || smart.status === "failed") {
    return <p className={classes["warning"]}>{smart.message}</p>;
  }
  if (smart.prompts.length === 0) {
    return <p className={classes["hint"]}>{smart.message || station.smart.model?.name}</p>;
  }
  const segment = station.segment()?.name ?? "";
  return (
    <>
      <p className={classes["hint"]}>
        {smart.prompts.length === 1 ? "1 prompt" : `${smart.prompts.length} prompts`}
        {smart.iou !== null && ` · the model rates it ${Math.round(smart.iou * 100)} %`}
        {smart.milliseconds !== null && ` · ${Math.round(smart.milliseconds)} ms`}
      </p>
      <div className={classes["row"]}>
        <button
          type="button"
          className={classes["modelButton"]}
          disabled={!smart.mask}
          onClick={() => station.workbench.tool().confirm()}
        >
          Accept into {segment} <kbd>A</kbd>
        </button>
        <button
          type="button"
          className={classes["plainButton"]}
          onClick={() => station.workbench.tool().cancel()}
        >
          Discard <kbd>Esc</kbd>
        </button>
      </div>
    </>
  );
}
