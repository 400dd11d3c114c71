import { IconTrash } from "@tabler/icons-react";

import type { Shape } from "@/viewer-core/change";
import type { Station } from "@/viewer-core/station";
import { removeShape, shapeCaption, shapePoints } from "@/viewer-core/tools/shapes";

import classes from "./panels.module.css";
import { useStore } from "./use-store";

/** The shapes that were drawn, in slice order: what they measure; a click goes to one. */
export function ShapesPanel({ station }: { readonly station: Station }) {
  useStore(station.revision);
  const order = new Map(station.frames.map(({ key, index }) => [key, index]));
  const at = (shape: Shape): number => order.get(shape.frame) ?? 0;
  const shapes = [...station.document.shapes.values()].sort((a, b) => at(a) - at(b));
  if (shapes.length === 0) return null;
  return (
    <section className={classes["panel"]} aria-label="Shapes">
      <h2>Shapes</h2>
      <ul className={classes["shapes"]}>
        {shapes.map((shape) => (
          <ShapeRow key={shape.id} station={station} shape={shape} index={at(shape)} />
        ))}
      </ul>
    </section>
  );
}

interface ShapeRowProps {
  readonly station: Station;
  readonly shape: Shape;
  readonly index: number;
}

function ShapeRow({ station, shape, index }: ShapeRowProps) {
  const settings = useStore(station.settings);
  const style = station.shapes.find(({ id }) => id === shape.shape_id);
  const frame = station.frames[index];
  const name = style?.name ?? shape.kind;
  const caption = frame ? shapeCaption(shape, shapePoints(shape, frame), frame) : "";
  return (
    <li className={classes["segment"]} data-active={settings.shape === shape.id}>
      <button
        type="button"
        className={classes["segmentName"]}
        onClick={() => {
          station.workbench.goTo(index);
          station.settings.patch({ tool: "select", shape: shape.id });
        }}
      >
        <i style={{ borderColor: style?.color ?? "#c8c8c8" }} />
        <span dir="auto">{name}</span>
        <b>{caption}</b>
        <small>{index + 1}</small>
      </button>
      {!station.editor.readOnly && (
        <button
          type="button"
          className={classes["flag"]}
          aria-label={`Delete ${name} on slice ${index + 1}`}
          onClick={() => removeShape(station.editor, shape)}
        >
          <IconTrash size={15} />
        </button>
      )}
    </li>
  );
}
