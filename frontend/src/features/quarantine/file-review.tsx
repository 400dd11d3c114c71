import { useState } from "react";

import type { Decision } from "@/api/requests/quarantine";
import type { Box, Quarantined } from "@/api/types";
import { formatCount } from "@/lib/format";
import { usePageKeys } from "@/lib/page-keys";

import { Choices } from "./choices";
import { PictureBoxes } from "./picture-boxes";
import classes from "./quarantine.module.css";
import { useBoxes } from "./use-boxes";
import { useHeldKey } from "./use-held-key";
import { usePicture } from "./use-picture";

interface FileReviewProps {
  readonly file: Quarantined;
  /** To a file further down (1) or up (-1). */
  readonly onStep: (by: number) => void;
  readonly onDecide: (body: Decision) => void;
}

/** One file: its picture with the boxes, why it waits, and what may become of it. */
export function FileReview({ file, onStep, onDecide }: FileReviewProps) {
  const editor = useBoxes(file);
  const [frame, setFrame] = useState(1);
  const isPreview = useHeldKey(" ");
  const isRival = file.choices.includes("keep_both");
  const picture = usePicture(file.picture_url, frame, isRival && isPreview ? "stored" : "sent");
  const mayRedact = !picture.isMissing && editor.boxes.length > 0;
  function decide(decision: Decision["decision"]) {
    if (!file.choices.includes(decision)) return;
    if (decision !== "redact") onDecide({ decision });
    else if (mayRedact) onDecide({ decision, boxes: editor.boxes });
  }
  const step = (by: number) => setFrame((old) => Math.max(1, Math.min(file.frame_count, old + by)));
  usePageKeys({
    Enter: () => decide("redact"),
    p: () => decide("release"),
    s: () => decide("keep_both"),
    x: () => decide("discard"),
    n: editor.addInMiddle,
    b: editor.selectNext,
    r: editor.reset,
    Delete: editor.removeSelected,
    Backspace: editor.removeSelected,
    Escape: () => editor.select(null),
    "[": () => step(-1),
    "]": () => step(1),
    j: () => onStep(1),
    k: () => onStep(-1),
    ...nudges(editor.selected !== null, editor.nudge),
  });
  return (
    <>
      <section className={classes["picture"]} aria-label="Picture">
        <p className={classes["hidden"]}>
          {`${file.name}, frame ${frame} of ${file.frame_count}, ${editor.boxes.length} boxes`}
        </p>
        {picture.isMissing ? (
          <p className={classes["missing"]}>
            This picture cannot be decoded here, so nobody can see what is written in it.
          </p>
        ) : (
          <PictureBoxes
            src={picture.src}
            editor={editor}
            known={file.known_boxes as readonly Box[]}
            isPreview={isPreview}
          />
        )}
        {file.frame_count > 1 && (
          <Frames frame={frame} count={file.frame_count} onFrame={setFrame} />
        )}
      </section>
      <Choices file={file} editor={editor} mayRedact={mayRedact} onDecide={decide} />
    </>
  );
}

interface FramesProps {
  readonly frame: number;
  readonly count: number;
  readonly onFrame: (frame: number) => void;
}

function Frames({ frame, count, onFrame }: FramesProps) {
  return (
    <label className={classes["frames"]}>
      <span>
        Frame {formatCount(frame)} of {formatCount(count)}
      </span>
      <input
        type="range"
        min={1}
        max={count}
        value={frame}
        onChange={(event) => onFrame(event.currentTarget.valueAsNumber)}
      />
    </label>
  );
}

/** Arrows move the chosen box; without one they belong to the list. */
function nudges(isChosen: boolean, nudge: (down: number, across: number) => void) {
  if (!isChosen) return {};
  return {
    ArrowUp: () => nudge(-1, 0),
    ArrowDown: () => nudge(1, 0),
    ArrowLeft: () => nudge(0, -1),
    ArrowRight: () => nudge(0, 1),
  };
}
