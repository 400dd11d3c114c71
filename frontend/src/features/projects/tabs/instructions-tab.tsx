import { Button } from "@mantine/core";
import { useState } from "react";
import { may } from "@/api/project-permissions";
import { useUpdateProject } from "@/api/requests/update-project";
import { sentenceOf } from "@/api/sentence";
import type { Project } from "@/api/types";
import { ErrorNotice } from "@/components/error-notice";
import { Markdown } from "@/components/markdown";
import { MarkdownField } from "@/components/markdown-field";
import classes from "../projects.module.css";

/** What annotators are told; managers edit it beside its preview. */
export function InstructionsTab({ project }: { readonly project: Project }) {
  const [text, setText] = useState(project.instructions);
  const update = useUpdateProject();
  if (!may(project, "edit")) {
    return project.instructions ? (
      <Markdown text={project.instructions} />
    ) : (
      <p className={classes["note"]}>This project has no written instructions.</p>
    );
  }
  const isSaved = text === project.instructions;
  return (
    <div className={classes["form"]}>
      <MarkdownField label="Instructions, in Markdown" value={text} onChange={setText} />
      {update.isError && <ErrorNotice message={sentenceOf(update.error)} />}
      <div className={classes["bar"]}>
        <Button
          disabled={isSaved}
          loading={update.isPending}
          onClick={() => update.mutate({ id: project.id, change: { instructions: text } })}
        >
          Save
        </Button>
        <p className={classes["note"]} role="status">
          {isSaved ? "Saved." : "Not saved yet."}
        </p>
      </div>
    </div>
  );
}
