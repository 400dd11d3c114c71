import { Button, TextInput } from "@mantine/core";
import { useState } from "react";
import { useNavigate, useSearchParams } from "react-router";

import { useCreateProject } from "@/api/requests/create-project";
import { sentenceOf } from "@/api/sentence";
import { ErrorNotice } from "@/components/error-notice";
import { MarkdownField } from "@/components/markdown-field";
import { PageHead } from "@/components/page-head";
import surfaces from "@/components/surfaces.module.css";

import { PeoplePicker } from "./people-picker";
import { SchemaEditor } from "./schema/schema-editor";
import { StudyPicker } from "./study-picker";
import { bodyOf, type Draft, emptyDraft, isReady, stepProblems, steps } from "./wizard/draft";
import { StepList } from "./wizard/step-list";
import classes from "./wizard/wizard.module.css";

/** Four steps to a project: name, labels, studies, people. */
export function NewProjectPage() {
  const [draft, setDraft] = useState<Draft>(emptyDraft);
  const [params, setParams] = useSearchParams();
  const step = Math.min(steps.length - 1, Math.max(0, Number(params.get("step") ?? 1) - 1));
  function go(to: number) {
    setParams({ step: String(to + 1) });
  }
  function change(part: Partial<Draft>) {
    setDraft((old) => ({ ...old, ...part }));
  }
  return (
    <div className={surfaces["page"]}>
      <PageHead title="New project" />
      <div className={classes["split"]}>
        <StepList draft={draft} step={step} onGo={go} />
        <section className={classes["body"]} aria-label={`Step ${step + 1}: ${steps[step] ?? ""}`}>
          <Step step={step} draft={draft} onChange={change} />
          <Foot step={step} draft={draft} onGo={go} />
        </section>
      </div>
    </div>
  );
}

interface StepProps {
  readonly step: number;
  readonly draft: Draft;
  readonly onChange: (part: Partial<Draft>) => void;
}

function Step({ step, draft, onChange }: StepProps) {
  switch (step) {
    case 0:
      return <NameStep draft={draft} onChange={onChange} />;
    case 1:
      return <SchemaEditor schema={draft.schema} onChange={(schema) => onChange({ schema })} />;
    case 2:
      return (
        <StudyPicker chosen={draft.studyIds} onChange={(studyIds) => onChange({ studyIds })} />
      );
    default:
      return <PeoplePicker people={draft.people} onChange={(people) => onChange({ people })} />;
  }
}

function NameStep({ draft, onChange }: Omit<StepProps, "step">) {
  return (
    <div className={classes["fields"]}>
      <TextInput
        label="Name"
        placeholder="Liver lesions in portal venous CT"
        maxLength={120}
        data-autofocus
        value={draft.name}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
      />
      <MarkdownField
        label="Instructions for annotators, in Markdown"
        placeholder={"What counts as the organ, what does not, and what to do in doubt."}
        value={draft.instructions}
        onChange={(instructions) => onChange({ instructions })}
      />
    </div>
  );
}

interface FootProps {
  readonly step: number;
  readonly draft: Draft;
  readonly onGo: (step: number) => void;
}

function Foot({ step, draft, onGo }: FootProps) {
  const create = useCreateProject();
  const navigate = useNavigate();
  const problems = stepProblems(draft, step);
  const isLast = step === steps.length - 1;
  function finish() {
    create.mutate(bodyOf(draft), {
      onSuccess: (project) => void navigate(`/projects/${project.id}`),
    });
  }
  return (
    <footer className={classes["foot"]}>
      <p role="status">{problems[0]}</p>
      {create.isError && <ErrorNotice message={sentenceOf(create.error)} />}
      <div>
        {step > 0 && (
          <Button variant="default" onClick={() => onGo(step - 1)}>
            Back
          </Button>
        )}
        {isLast ? (
          <Button loading={create.isPending} disabled={!isReady(draft)} onClick={finish}>
            Make the project
          </Button>
        ) : (
          <Button disabled={step < 2 && problems.length > 0} onClick={() => onGo(step + 1)}>
            Next: {steps[step + 1]}
          </Button>
        )}
      </div>
    </footer>
  );
}
