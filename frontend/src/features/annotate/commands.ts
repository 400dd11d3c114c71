import type { ToolId } from "@/viewer-core/settings";
import type { Station } from "@/viewer-core/station";
import { windowPresets } from "@/viewer-core/window-level";

import type { Place } from "./places";

export type CommandGroup = "Tools" | "Segments" | "View" | "Model" | "Task";

/** A thing that can be done here: toolbar, keyboard and the sheet of keys read the same list. */
export interface Command {
  readonly id: string;
  readonly label: string;
  readonly key: string;
  readonly group: CommandGroup;
  /** A tool: held, its key lends it for a moment. */
  readonly tool?: ToolId;
  enabled(): boolean;
  run(): void;
}

/** What the page adds to the station's own commands. */
export interface PageActions {
  submit(): void;
  toggleKeys(): void;
  toggleHistory(): void;
  cycleLayout(): void;
  skip(): void;
  report(): void;
  instructions(): void;
  /** Whether the task is in this person's hands. */
  isLocked(): boolean;
}

export const TOOL_KEYS: readonly (readonly [ToolId, string, string])[] = [
  ["select", "V", "Select and move"],
  ["brush", "B", "Brush"],
  ["eraser", "E", "Eraser"],
  ["threshold", "T", "Threshold brush"],
  ["polygon", "P", "Polygon"],
  ["rectangle", "R", "Filled rectangle"],
  ["ellipse", "C", "Filled ellipse"],
  ["smart", "K", "Smart click"],
  ["box", "X", "Box"],
  ["length", "L", "Length"],
  ["polyline", "Y", "Polyline"],
  ["point", "D", "Point"],
];

const always = (): boolean => true;
const PRESET_KEYS = 9;
const SEGMENT_KEYS = 9;
const ZOOM_STEP = 1.25;
const PAGE = 10;

function toolCommands({ settings }: Station): Command[] {
  return TOOL_KEYS.map(([tool, key, label]) => ({
    id: `tool:${tool}`,
    label,
    key,
    group: "Tools",
    tool,
    enabled: always,
    run: () => settings.patch({ tool }),
  }));
}

function segmentCommands(station: Station): Command[] {
  const { settings, segments } = station;
  const toggled = (set: ReadonlySet<number>): ReadonlySet<number> => {
    const { segment } = settings.get();
    const next = new Set(set);
    if (!next.delete(segment)) next.add(segment);
    return next;
  };
  const pick: Command[] = segments.slice(0, SEGMENT_KEYS).map(({ id, name }, index) => ({
    id: `segment:${id}`,
    label: name,
    key: `${index + 1}`,
    group: "Segments",
    enabled: always,
    run: () => settings.patch({ segment: id }),
  }));
  const command = (id: string, label: string, key: string, run: () => void): Command => {
    return { id, label, key, group: "Segments", enabled: always, run };
  };
  return [
    ...pick,
    command("segment:hide", "Show or hide the segment", "H", () =>
      settings.patch({ hidden: toggled(settings.get().hidden) }),
    ),
    command("segment:lock", "Lock or unlock the segment", "J", () =>
      settings.patch({ locked: toggled(settings.get().locked) }),
    ),
    command("segment:solo", "Only this segment", "O", () => {
      const { solo, segment } = settings.get();
      settings.patch({ solo: solo === segment ? null : segment });
    }),
    command("brush:sphere", "Brush flat or as a ball", "Q", () =>
      settings.patch({ isSphere: !settings.get().isSphere }),
    ),
  ];
}

function viewCommands(station: Station, places: readonly Place[], page: PageActions): Command[] {
  const { workbench, frames, settings } = station;
  const at = (): number => workbench.picture.get()?.index ?? 0;
  const go = (index: number) => () => workbench.goTo(index);
  const step = (by: number) => () => workbench.goTo(at() + by);
  const middle = (): { x: number; y: number } => workbench.centre();
  const command = (id: string, label: string, key: string, run: () => void): Command => {
    return { id, label, key, group: "View", enabled: always, run };
  };
  const presets = windowPresets(station.view)
    .slice(0, PRESET_KEYS)
    .map((preset, index) =>
      command(`window:${index}`, `Window: ${preset.name}`, `Shift+${index + 1}`, () =>
        workbench.viewport?.setWindow(preset),
      ),
    );
  return [
    command("slice:previous", "Previous slice", "ArrowUp", step(-1)),
    command("slice:next", "Next slice", "ArrowDown", step(1)),
    command("slice:page-up", "Ten slices back", "PageUp", step(-PAGE)),
    command("slice:page-down", "Ten slices on", "PageDown", step(PAGE)),
    command("slice:first", "First slice", "Home", go(0)),
    command("slice:last", "Last slice", "End", go(frames.length - 1)),
    command("place:previous", "Previous place to look", "[", () => toPlace(station, places, -1)),
    command("place:next", "Next place to look", "]", () => toPlace(station, places, 1)),
    command("view:fit", "Fit the picture", "F", () => workbench.viewport?.fit()),
    command("view:in", "Zoom in", "+", () => workbench.viewport?.zoomAt(ZOOM_STEP, middle())),
    command("view:out", "Zoom out", "-", () => workbench.viewport?.zoomAt(1 / ZOOM_STEP, middle())),
    command("view:proposal", "Show or hide the proposal", "G", () =>
      settings.patch({ showsProposal: !settings.get().showsProposal }),
    ),
    {
      ...command("view:overlays", "Show or hide what the file draws over its picture", "M", () =>
        settings.patch({ showsOverlays: !settings.get().showsOverlays }),
      ),
      enabled: () => station.view.overlays.length > 0,
    },
    command("view:layout", "One picture, two, or one alone", "Tab", page.cycleLayout),
    command("view:link", "Two pictures: scroll together or each for itself", "N", () => {
      const beside = station.beside.get();
      if (beside?.canLink) beside.isLinked.set(!beside.isLinked.get());
      else station.say("There are no two pictures here that share a space.");
    }),
    command("view:patterns", "Patterns in the labels' fill", "W", () =>
      settings.patch({ hasPatterns: !settings.get().hasPatterns }),
    ),
    ...presets,
  ];
}

/** To the nearest place before or after the slice on the screen, around the end. */
function toPlace(station: Station, places: readonly Place[], direction: 1 | -1): void {
  const at = station.workbench.picture.get()?.index ?? 0;
  const indices = [...new Set(places.map(({ index }) => index))].sort((a, b) => a - b);
  if (indices.length === 0) {
    station.say("There is no place marked to look at in this case.");
    return;
  }
  const next =
    direction === 1
      ? (indices.find((index) => index > at) ?? indices[0])
      : (indices.findLast((index) => index < at) ?? indices.at(-1));
  if (next !== undefined) station.workbench.goTo(next);
}

function modelCommands(station: Station): Command[] {
  const { proposals, settings, workbench } = station;
  const hasOpen = (): boolean => (proposals?.open().length ?? 0) > 0;
  const command = (id: string, label: string, key: string, run: () => void): Command => {
    return { id, label, key, group: "Model", enabled: hasOpen, run };
  };
  const chosen = (): number => settings.get().segment;
  return [
    {
      id: "model:accept",
      label: "Accept the preview, or the proposal of this segment",
      key: "A",
      group: "Model",
      enabled: () => hasOpen() || station.smart.state.get().mask !== null,
      run: () => {
        if (station.smart.state.get().mask && workbench.tool().confirm()) return;
        void proposals?.accept({ segment: chosen(), frame: null });
      },
    },
    command("model:accept-slice", "Accept the proposal on this slice", "Alt+A", () => {
      void proposals?.accept({ segment: null, frame: workbench.frame()?.key ?? null });
    }),
    command("model:accept-all", "Accept the whole proposal", "Shift+A", () => {
      void proposals?.accept({ segment: null, frame: null });
    }),
    command("model:reject", "Reject the proposal of this segment", "Shift+R", () => {
      proposals?.reject({ segment: chosen(), frame: null });
    }),
  ];
}

function taskCommands(station: Station, page: PageActions): Command[] {
  const { editor, workbench } = station;
  const command = (
    id: string,
    label: string,
    key: string,
    run: () => void,
    enabled: () => boolean = always,
  ): Command => ({ id, label, key, group: "Task", enabled, run });
  const canUndo = (): boolean => editor.state.get().undo !== null;
  const canRedo = (): boolean => editor.state.get().redo !== null;
  return [
    command("edit:undo", "Undo", "Ctrl+Z", () => void editor.undo(), canUndo),
    command("edit:redo", "Redo", "Ctrl+Y", () => void editor.redo(), canRedo),
    command("edit:redo-shift", "Redo", "Ctrl+Shift+Z", () => void editor.redo(), canRedo),
    command("edit:cancel", "Leave what is half-done", "Escape", () => workbench.tool().cancel()),
    command("edit:remove", "Remove the last corner, prompt or chosen shape", "Delete", () => {
      workbench.tool().remove();
    }),
    command("edit:remove-back", "Remove the last corner or prompt", "Backspace", () => {
      workbench.tool().remove();
    }),
    command("task:submit", "Finish the shape, or submit", "Enter", () => {
      if (!workbench.tool().confirm()) page.submit();
    }),
    command("task:history", "History", "U", page.toggleHistory),
    command("task:instructions", "Instructions", "I", page.instructions),
    command("task:skip", "Skip this task", "Shift+S", page.skip, page.isLocked),
    command("task:problem", "Report a problem", "Shift+P", page.report, page.isLocked),
    command("task:keys", "All keys", "?", page.toggleKeys),
  ];
}

/** Every command of the station. */
export function stationCommands(
  station: Station,
  places: readonly Place[],
  page: PageActions,
): readonly Command[] {
  return [
    ...toolCommands(station),
    ...segmentCommands(station),
    ...viewCommands(station, places, page),
    ...modelCommands(station),
    ...taskCommands(station, page),
  ];
}
