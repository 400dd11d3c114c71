import { ActionIcon, Button } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";

import type { Quarantined } from "@/api/types";
import { KeyHint } from "@/components/key-hint";
import surfaces from "@/components/surfaces.module.css";
import { formatBytes, formatMoment, plural } from "@/lib/format";

import classes from "./quarantine.module.css";
import { RivalDifferences } from "./rival-differences";
import type { BoxEditor } from "./use-boxes";

interface ChoicesProps {
  readonly file: Quarantined;
  readonly editor: BoxEditor;
  readonly mayRedact: boolean;
  readonly onDecide: (decision: Choice) => void;
}

type Choice = Quarantined["choices"][number];

/** Why the file waits, its boxes, and the three things that may become of it, each with its key. */
export function Choices({ file, editor, mayRedact, onDecide }: ChoicesProps) {
  return (
    <aside className={classes["choices"]} aria-label="What becomes of it">
      <h2 dir="auto">{file.name}</h2>
      <p className={classes["reason"]}>{file.reason}</p>
      {file.choices.includes("keep_both") && <RivalDifferences fileId={file.id} />}
      {file.choices.includes("redact") && <Boxes editor={editor} />}
      <div className={classes["decide"]}>
        {file.choices.map((choice) => (
          <div key={choice}>
            <Button
              fullWidth
              variant={choice === "redact" || choice === "keep_both" ? "filled" : "default"}
              disabled={choice === "redact" && !mayRedact}
              onClick={() => onDecide(choice)}
            >
              <KeyHint label={labelOf(choice, editor)} keys={words[choice].key} />
            </Button>
            <p>{words[choice].means}</p>
          </div>
        ))}
      </div>
      <dl className={surfaces["facts"]}>
        <dt>Came in</dt>
        <dd>{formatMoment(file.created_at)}</dd>
        {file.run_label && (
          <>
            <dt>With</dt>
            <dd dir="auto">{file.run_label}</dd>
          </>
        )}
        <dt>Policy</dt>
        <dd>{file.policy ?? "–"}</dd>
        <dt>Size</dt>
        <dd>
          {file.columns} × {file.rows} pixels, {plural(file.frame_count, "frame", "frames")},{" "}
          {formatBytes(file.size)}
        </dd>
      </dl>
      <Keys isRival={file.choices.includes("keep_both")} />
    </aside>
  );
}

interface ChoiceWords {
  readonly label: string;
  readonly key: string;
  readonly means: string;
}

const words: Readonly<Record<Choice, ChoiceWords>> = {
  redact: {
    label: "Blank and store",
    key: "Enter",
    means: "In all frames; every other pixel stays as it is. What is under a box is gone.",
  },
  release: {
    label: "Release as it is",
    key: "P",
    means: "Nothing in the picture tells who it is.",
  },
  keep_both: {
    label: "Store both",
    key: "S",
    means: "This file gets an identifier of its own; the one stored before stays as it is.",
  },
  discard: {
    label: "Discard",
    key: "X",
    means: "The file is not stored. Each decision can be undone for six seconds.",
  },
};

function labelOf(choice: Choice, editor: BoxEditor): string {
  if (choice !== "redact") return words[choice].label;
  return `Blank ${plural(editor.boxes.length, "box", "boxes")} and store`;
}

function Boxes({ editor }: { readonly editor: BoxEditor }) {
  return (
    <section className={classes["boxes"]} aria-label="Boxes to blank">
      <header>
        <strong>Boxes to blank</strong>
        <Button size="compact-sm" variant="subtle" onClick={editor.reset}>
          As found
        </Button>
        <ActionIcon size={26} variant="default" aria-label="Add a box" onClick={editor.addInMiddle}>
          <IconPlus size={15} />
        </ActionIcon>
      </header>
      {editor.boxes.length === 0 && <p>None. Draw over the text with the mouse, or press N.</p>}
      <ul>
        {editor.boxes.map(([top, left, bottom, right], place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a box is known by its place while it moves
          <li key={place} data-selected={editor.selected === place}>
            <button type="button" onClick={() => editor.select(place)}>
              {place + 1} · {right - left} × {bottom - top} at {left}, {top}
            </button>
            <ActionIcon
              size={26}
              variant="subtle"
              color="gray"
              aria-label={`Remove box ${place + 1}`}
              onClick={() => editor.remove(place)}
            >
              <IconX size={14} />
            </ActionIcon>
          </li>
        ))}
      </ul>
    </section>
  );
}

const keys: readonly (readonly [string, string])[] = [
  ["Next, previous file", "J K"],
  ["Add a box", "N"],
  ["Choose the next box", "B"],
  ["Move it", "← ↑ ↓ →"],
  ["Remove it", "Del"],
  ["See it blanked", "Space"],
  ["Frames", "[ ]"],
];

const rivalKeys: readonly (readonly [string, string])[] = [
  ["Next, previous file", "J K"],
  ["See the one stored before", "Space"],
  ["Frames", "[ ]"],
];

function Keys({ isRival }: { readonly isRival: boolean }) {
  return (
    <ul className={classes["keys"]} aria-label="Keys">
      {(isRival ? rivalKeys : keys).map(([label, key]) => (
        <li key={label}>
          <KeyHint label={label} keys={key} />
        </li>
      ))}
    </ul>
  );
}
