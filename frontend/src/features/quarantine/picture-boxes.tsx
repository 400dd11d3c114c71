import { type PointerEvent, useRef, useState } from "react";

import type { Box } from "@/api/types";

import { boxBetween, corners, type Grip, isLargeEnough, moved, type Point, resized } from "./boxes";
import classes from "./quarantine.module.css";
import type { BoxEditor } from "./use-boxes";

interface PictureBoxesProps {
  /** The frame to show; null while there is none yet. */
  readonly src: string | null;
  readonly editor: BoxEditor;
  /** Places that a recipe of the device names. */
  readonly known: readonly Box[];
  /** Show what would be stored: boxes black. */
  readonly isPreview: boolean;
}

/** What the hand holds: a new box from a point, or a grip of one that is there. */
interface Drag {
  readonly from: Point;
  readonly place: number | null;
  readonly grip: Grip;
  readonly box: Box | null;
}

/** The picture in its own pixels with the boxes to blank: drag to draw, move or resize. */
export function PictureBoxes({ src, editor, known, isPreview }: PictureBoxesProps) {
  const { rows, columns } = editor.size;
  const canvas = useRef<SVGSVGElement>(null);
  const [drag, setDrag] = useState<Drag | null>(null);
  const [drawn, setDrawn] = useState<Box | null>(null);

  function begin(event: PointerEvent<SVGElement>, place: number | null, grip: Grip) {
    if (event.button !== 0) return;
    event.stopPropagation();
    canvas.current?.setPointerCapture(event.pointerId);
    const from = pointOf(canvas.current, event);
    editor.select(place);
    setDrag({ from, place, grip, box: place === null ? null : (editor.boxes[place] ?? null) });
  }

  function go(event: PointerEvent<SVGElement>) {
    if (!drag) return;
    const to = pointOf(canvas.current, event);
    if (drag.place === null || !drag.box) setDrawn(boxBetween(drag.from, to, editor.size));
    else editor.set(drag.place, dragged(drag, drag.box, to, editor));
  }

  function end() {
    if (drawn && isLargeEnough(drawn)) editor.add(drawn);
    setDrag(null);
    setDrawn(null);
  }

  return (
    <svg
      ref={canvas}
      className={classes["canvas"]}
      viewBox={`0 0 ${columns} ${rows}`}
      data-preview={isPreview}
      aria-hidden="true"
      onPointerDown={(event) => begin(event, null, "inside")}
      onPointerMove={go}
      onPointerUp={end}
      onPointerCancel={end}
    >
      {src && <image href={src} width={columns} height={rows} />}
      {known.map((box) => (
        <rect key={box.join()} className={classes["known"]} {...placed(box)} />
      ))}
      {editor.boxes.map((box, place) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: a box is known by its place while it moves
          key={place}
          className={classes["box"]}
          data-selected={editor.selected === place}
          {...placed(box)}
          onPointerDown={(event) => begin(event, place, "inside")}
        />
      ))}
      {drawn && <rect className={classes["box"]} data-selected {...placed(drawn)} />}
      {editor.selected !== null && (
        <Grips
          box={editor.boxes[editor.selected]}
          radius={Math.max(rows, columns) / 130}
          onGrip={(event, grip) => begin(event, editor.selected, grip)}
        />
      )}
    </svg>
  );
}

interface GripsProps {
  readonly box: Box | undefined;
  readonly radius: number;
  readonly onGrip: (event: PointerEvent<SVGElement>, grip: Grip) => void;
}

function Grips({ box, radius, onGrip }: GripsProps) {
  if (!box) return null;
  return corners(box).map(([grip, { row, column }]) => (
    <rect
      key={grip}
      className={classes["grip"]}
      data-grip={grip}
      x={column - radius}
      y={row - radius}
      width={2 * radius}
      height={2 * radius}
      onPointerDown={(event) => onGrip(event, grip)}
    />
  ));
}

function dragged(drag: Drag, box: Box, to: Point, editor: BoxEditor): Box {
  if (drag.grip !== "inside") return resized(box, drag.grip, to, editor.size);
  const by = { row: to.row - drag.from.row, column: to.column - drag.from.column };
  return moved(box, by, editor.size);
}

function placed([top, left, bottom, right]: Box) {
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** Where the pointer is, in the picture's own pixels. */
function pointOf(canvas: SVGSVGElement | null, event: PointerEvent): Point {
  const matrix = canvas?.getScreenCTM()?.inverse();
  if (!matrix) return { row: 0, column: 0 };
  const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix);
  return { row: y, column: x };
}
