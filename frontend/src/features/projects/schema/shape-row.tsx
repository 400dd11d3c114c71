import { Select, TextInput } from "@mantine/core";

import type { SchemaDocument, ShapeDefinition, ShapeKind } from "@/api/types";
import { ColorChoice } from "./color-choice";
import { RemoveButton } from "./remove-button";
import classes from "./schema.module.css";
import { changeShape, removeShape } from "./schema-edits";

const kinds: readonly { readonly value: ShapeKind; readonly label: string }[] = [
  { value: "box", label: "Box" },
  { value: "rectangle", label: "Rectangle" },
  { value: "ellipse", label: "Ellipse" },
  { value: "polygon", label: "Polygon" },
  { value: "polyline", label: "Line of points" },
  { value: "point", label: "Point" },
  { value: "length", label: "Length" },
];

interface ShapeRowProps {
  readonly shape: ShapeDefinition;
  readonly schema: SchemaDocument;
  readonly onChange: (schema: SchemaDocument) => void;
}

/** One shape: colour, name and kind. */
export function ShapeRow({ shape, schema, onChange }: ShapeRowProps) {
  const name = shape.name || shape.id;
  function change(part: Partial<ShapeDefinition>) {
    onChange(changeShape(schema, shape.id, part));
  }
  return (
    <div className={classes["shape"]}>
      <ColorChoice name={name} value={shape.color} onChange={(color) => change({ color })} />
      <TextInput
        aria-label={`Name of ${shape.id}`}
        placeholder="Name, such as Nodule diameter"
        maxLength={64}
        value={shape.name}
        onChange={(event) => change({ name: event.currentTarget.value })}
      />
      <Select
        aria-label={`Kind of ${name}`}
        data={kinds.map((kind) => ({ ...kind }))}
        allowDeselect={false}
        value={shape.kind}
        onChange={(kind) => kind && change({ kind: kind as ShapeKind })}
      />
      <RemoveButton name={name} onClick={() => onChange(removeShape(schema, shape.id))} />
    </div>
  );
}
