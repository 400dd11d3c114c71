import { useEffect } from "react";

import type { ToolId } from "@/viewer-core/settings";
import type { Station } from "@/viewer-core/station";

import type { Command } from "./commands";

const HOLD_MS = 300;
const TYPING = "textarea, select, input:not([type='radio'], [type='checkbox'], [type='range'])";
const OVERLAYS = "[role='dialog'], [role='menu'], [role='listbox']";
/** Keys that belong to whatever control has the focus. */
const OF_CONTROLS = new Set(["Enter", "Space", "Tab", "ArrowUp", "ArrowDown", "Home", "End"]);

/** A pressed key under the name that commands use: "Ctrl+Shift+Z", "B", "[", "Shift+1". */
export function keyName(event: KeyboardEvent): string {
  const digit = /^Digit([0-9])$/.exec(event.code)?.[1];
  const isLetter = /^[a-z]$/i.test(event.key);
  let name = event.key;
  if (event.key === " ") name = "Space";
  else if (digit) name = digit;
  else if (isLetter) name = event.key.toUpperCase();
  const isNamed = name.length > 1 || isLetter || digit !== undefined;
  const modifiers = [
    event.ctrlKey || event.metaKey ? "Ctrl+" : "",
    event.altKey ? "Alt+" : "",
    // "?" and "+" need Shift on many keyboards: there it is part of the sign.
    event.shiftKey && isNamed ? "Shift+" : "",
  ];
  return modifiers.join("") + name;
}

/** Whether a key belongs to a field, a dialog or a control instead of the station. */
function isTaken(event: KeyboardEvent, name: string): boolean {
  const { target } = event;
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.closest(TYPING) || target.closest(OVERLAYS)) return true;
  const isControl = target.closest("button, a, input, summary, [role='slider']") !== null;
  return isControl && OF_CONTROLS.has(name.replace("Shift+", ""));
}

interface Lent {
  readonly key: string;
  readonly back: ToolId;
  readonly since: number;
  /** The tool was used while its key was down. */
  isUsed: boolean;
}

/** Listens to the keyboard for one station. */
class Keyboard {
  private readonly station: Station;
  private readonly commands: readonly Command[];
  private lent: Lent | null = null;

  constructor(station: Station, commands: readonly Command[]) {
    this.station = station;
    this.commands = commands;
  }

  readonly onDown = (event: KeyboardEvent): void => {
    const name = keyName(event);
    // Tab moves the focus everywhere but on the picture.
    if (isTaken(event, name) || (name === "Tab" && !isPicture(event.target))) return;
    if (name === "Space") {
      this.station.settings.patch({ isPlain: true });
      event.preventDefault();
      return;
    }
    const command = this.commands.find(({ key }) => key === name);
    if (!command?.enabled()) return;
    event.preventDefault();
    this.station.activity.touch();
    this.run(command, event);
  };

  readonly onUp = (event: KeyboardEvent): void => {
    const { settings } = this.station;
    if (event.code === "Space") settings.patch({ isPlain: false });
    if (this.lent?.key !== event.code) return;
    const isHeld = this.lent.isUsed && event.timeStamp - this.lent.since > HOLD_MS;
    if (isHeld) settings.patch({ tool: this.lent.back });
    else this.station.workbench.settleTool();
    this.lent = null;
  };

  readonly onPointer = (): void => {
    if (this.lent) this.lent.isUsed = true;
  };

  readonly onBlur = (): void => {
    this.station.settings.patch({ isPlain: false });
    this.lent = null;
  };

  private run(command: Command, event: KeyboardEvent): void {
    if (command.tool) {
      if (event.repeat) return;
      const back = this.station.settings.get().tool;
      this.lent = { key: event.code, back, since: event.timeStamp, isUsed: false };
    }
    command.run();
  }
}

/** The keyboard: commands, tools lent while their key is held, Space for the bare picture. */
export function useKeys(station: Station, commands: readonly Command[]): void {
  useEffect(() => {
    const keyboard = new Keyboard(station, commands);
    window.addEventListener("keydown", keyboard.onDown);
    window.addEventListener("keyup", keyboard.onUp);
    window.addEventListener("blur", keyboard.onBlur);
    window.addEventListener("pointerdown", keyboard.onPointer, true);
    return () => {
      window.removeEventListener("keydown", keyboard.onDown);
      window.removeEventListener("keyup", keyboard.onUp);
      window.removeEventListener("blur", keyboard.onBlur);
      window.removeEventListener("pointerdown", keyboard.onPointer, true);
    };
  }, [station, commands]);
}

/** A picture, or nothing at all, has the focus; Shift+Tab leaves the pictures as anywhere. */
function isPicture(target: EventTarget | null): boolean {
  if (target === document.body) return true;
  return target instanceof HTMLElement && target.dataset["picture"] !== undefined;
}
