import { Checkbox, Select, TextInput } from "@mantine/core";

import type { Code, SchemaDocument, SegmentDefinition } from "@/api/types";

import { commonCodes } from "./codes";
import { ColorChoice } from "./color-choice";
import { RemoveButton } from "./remove-button";
import classes from "./schema.module.css";
import { changeSegment, removeSegment, requireSegment } from "./schema-edits";

interface SegmentRowProps {
  readonly segment: SegmentDefinition;
  readonly schema: SchemaDocument;
  readonly onChange: (schema: SchemaDocument) => void;
}

/** One segment: colour, name, code, and its two flags. */
export function SegmentRow({ segment, schema, onChange }: SegmentRowProps) {
  const name = segment.name || `segment ${segment.id}`;
  function change(part: Partial<SegmentDefinition>) {
    onChange(changeSegment(schema, segment.id, part));
  }
  return (
    <div className={classes["segment"]}>
      <span className={classes["number"]}>{segment.id}</span>
      <ColorChoice name={name} value={segment.color} onChange={(color) => change({ color })} />
      <TextInput
        aria-label={`Name of segment ${segment.id}`}
        placeholder="Name, such as Liver"
        maxLength={64}
        value={segment.name}
        onChange={(event) => change({ name: event.currentTarget.value })}
      />
      <Select
        aria-label={`Code of ${name}`}
        placeholder="No code"
        searchable
        clearable
        data={codeChoices(segment.code)}
        value={segment.code?.value ?? null}
        onChange={(value) => change({ code: findCode(value, segment.code) })}
      />
      <Checkbox
        label="May overlap"
        checked={segment.overlap}
        onChange={(event) => change({ overlap: event.currentTarget.checked })}
      />
      <Checkbox
        label="Required"
        checked={schema.rules.required_segments.includes(segment.id)}
        onChange={(event) =>
          onChange(requireSegment(schema, segment.id, event.currentTarget.checked))
        }
      />
      <RemoveButton name={name} onClick={() => onChange(removeSegment(schema, segment.id))} />
    </div>
  );
}

function codeChoices(own: Code | null) {
  const known = own && !commonCodes.some((code) => code.value === own.value);
  return [...(known ? [own] : []), ...commonCodes].map((code) => ({
    value: code.value,
    label: `${code.meaning} · ${code.scheme} ${code.value}`,
  }));
}

function findCode(value: string | null, own: Code | null): Code | null {
  if (value === null) return null;
  return commonCodes.find((code) => code.value === value) ?? own;
}
