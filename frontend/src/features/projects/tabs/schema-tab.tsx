import { Button } from "@mantine/core";
import { useState } from "react";
import { may } from "@/api/project-permissions";
import { useSaveSchema } from "@/api/requests/save-schema";
import { sentenceOf } from "@/api/sentence";
import type { Project } from "@/api/types";
import { ErrorNotice } from "@/components/error-notice";
import classes from "../projects.module.css";
import { SchemaEditor } from "../schema/schema-editor";
import { renamedSegments } from "../schema/schema-edits";
import { schemaProblems } from "../schema/schema-problems";

/** The label schema; saving makes a new version, and open work keeps its own. */
export function SchemaTab({ project }: { readonly project: Project }) {
  const [schema, setSchema] = useState(project.schema.document);
  const save = useSaveSchema();
  const problems = schemaProblems(schema);
  const isChanged = schema !== project.schema.document;
  const isManager = may(project, "edit_schema");
  return (
    <div className={classes["form"]}>
      <p className={classes["note"]}>
        Version {project.schema.number}. A change becomes a new version; tasks already open keep the
        version they were opened with, and no label is lost. A new name is a better word for the
        same thing; for another structure, add a segment.
      </p>
      <fieldset disabled={!isManager} style={{ border: 0, margin: 0, padding: 0 }}>
        <SchemaEditor
          schema={schema}
          onChange={setSchema}
          retired={project.schema.document.segments.map((segment) => segment.id)}
        />
      </fieldset>
      {save.isError && <ErrorNotice message={sentenceOf(save.error)} />}
      {isManager && (
        <div className={classes["bar"]}>
          <Button
            disabled={!isChanged || problems.length > 0}
            loading={save.isPending}
            onClick={() =>
              save.mutate({
                id: project.id,
                document: schema,
                baseNumber: project.schema.number,
                renamed: renamedSegments(project.schema.document, schema),
              })
            }
          >
            Save as version {project.schema.number + 1}
          </Button>
          <p className={classes["note"]} role="status">
            {problems[0]}
          </p>
        </div>
      )}
    </div>
  );
}
