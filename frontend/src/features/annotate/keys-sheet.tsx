import { Kbd, Modal } from "@mantine/core";

import type { Command, CommandGroup } from "./commands";
import classes from "./station.module.css";

const GROUPS: readonly CommandGroup[] = ["Tools", "Segments", "View", "Model", "Task"];

const POINTER: readonly (readonly [string, string])[] = [
  ["Scroll through the slices", "Wheel"],
  ["Zoom", "Ctrl Wheel"],
  ["Size of the brush", "Shift Wheel"],
  ["Window: width and level", "Right drag"],
  ["Move the picture", "Middle drag"],
  ["Picture without labels", "Space held"],
  ["A tool for a moment", "its key held"],
  ["What is not the object (smart click)", "Alt click"],
  ["Range of the threshold from the picture", "Alt click"],
  ["From the picture to the controls", "Shift Tab"],
];

const SIGNS: Readonly<Record<string, string>> = {
  ArrowUp: "↑",
  ArrowDown: "↓",
  Escape: "Esc",
  Enter: "⏎",
};

interface KeysSheetProps {
  readonly commands: readonly Command[];
  readonly opened: boolean;
  readonly onClose: () => void;
}

/** Every command of the station with its key. */
export function KeysSheet({ commands, opened, onClose }: KeysSheetProps) {
  return (
    <Modal opened={opened} onClose={onClose} title="Keys of the station" size={1180}>
      <div className={classes["keys"]}>
        {GROUPS.map((group) => (
          <section key={group}>
            <h3>{group}</h3>
            {commands
              .filter((command) => command.group === group)
              .map(({ id, label, key }) => (
                <KeyRow key={id} label={label} keys={key.split(/\+(?=.)/)} />
              ))}
          </section>
        ))}
        <section>
          <h3>Hand</h3>
          {POINTER.map(([label, keys]) => (
            <KeyRow key={label} label={label} keys={[keys]} />
          ))}
        </section>
      </div>
    </Modal>
  );
}

function KeyRow({ label, keys }: { readonly label: string; readonly keys: readonly string[] }) {
  return (
    <p>
      <span dir="auto">{label}</span>
      <span>
        {keys.map((key) => (
          <Kbd key={key} size="xs">
            {SIGNS[key] ?? key}
          </Kbd>
        ))}
      </span>
    </p>
  );
}
