import { Button, Switch } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import type { ReactNode } from "react";

import type { SchemaDocument } from "@/api/types";

import { QuestionRow } from "./question-row";
import classes from "./schema.module.css";
import { addQuestion, addSegment, addShape } from "./schema-edits";
import { SegmentRow } from "./segment-row";
import { ShapeRow } from "./shape-row";

export interface SchemaEditorProps {
  readonly schema: SchemaDocument;
  readonly onChange: (schema: SchemaDocument) => void;
  /** Segment numbers of earlier versions, never given out again. */
  readonly retired?: readonly number[];
}

/** What annotators draw and answer: segments, shapes, questions. */
export function SchemaEditor({ schema, onChange, retired = [] }: SchemaEditorProps) {
  const segments = schema.segments.filter((segment) => !segment.retired);
  return (
    <div className={classes["editor"]}>
      <Part
        title="Segments"
        hint="Regions painted voxel by voxel. They exclude one another unless one may overlap."
        action="Add a segment"
        onAdd={() => onChange(addSegment(schema, retired))}
      >
        {segments.map((segment) => (
          <SegmentRow key={segment.id} segment={segment} schema={schema} onChange={onChange} />
        ))}
        {segments.length > 0 && (
          <Switch
            mt={10}
            label="A task can be submitted only when something is drawn"
            checked={schema.rules.require_any_segment}
            onChange={(event) =>
              onChange({
                ...schema,
                rules: { ...schema.rules, require_any_segment: event.currentTarget.checked },
              })
            }
          />
        )}
      </Part>
      <Part
        title="Shapes"
        hint="Boxes, points, lengths and outlines with millimetre positions."
        action="Add a shape"
        onAdd={() => onChange(addShape(schema))}
      >
        {schema.shapes.map((shape) => (
          <ShapeRow key={shape.id} shape={shape} schema={schema} onChange={onChange} />
        ))}
      </Part>
      <Part
        title="Questions"
        hint="A short form beside the picture."
        action="Add a question"
        onAdd={() => onChange(addQuestion(schema))}
      >
        {schema.questions.map((question) => (
          <QuestionRow key={question.id} question={question} schema={schema} onChange={onChange} />
        ))}
      </Part>
    </div>
  );
}

interface PartProps {
  readonly title: string;
  readonly hint: string;
  readonly action: string;
  readonly onAdd: () => void;
  readonly children: ReactNode;
}

function Part({ title, hint, action, onAdd, children }: PartProps) {
  return (
    <section className={classes["part"]} aria-label={title}>
      <h2>{title}</h2>
      <p>{hint}</p>
      {children}
      <Button
        mt={10}
        size="compact-md"
        variant="default"
        leftSection={<IconPlus size={16} />}
        onClick={onAdd}
      >
        {action}
      </Button>
    </section>
  );
}
