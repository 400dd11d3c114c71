import { Button, NumberInput, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useNavigate } from "react-router";

import { useCreateRelease } from "@/api/requests/create-release";
import { sentenceOf } from "@/api/sentence";
import type { NewRelease, Project } from "@/api/types";
import { ErrorNotice } from "@/components/error-notice";
import surfaces from "@/components/surfaces.module.css";

import classes from "./releases.module.css";

interface NewReleaseFormProps {
  readonly project: Project;
  readonly onDone: () => void;
}

const parts = [
  ["train", "Training, %"],
  ["validation", "Validation, %"],
  ["test", "Test, %"],
] as const;

/** Name and split of a release. All images of a patient fall into one part. */
export function NewReleaseForm({ project, onDone }: NewReleaseFormProps) {
  const create = useCreateRelease();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [split, setSplit] = useState<NewRelease["split"]>({
    train: 70,
    validation: 15,
    test: 15,
    seed: 1,
  });
  const sum = split.train + split.validation + split.test;

  function submit(event: FormEvent) {
    event.preventDefault();
    create.mutate(
      { projectId: project.id, body: { name: name.trim(), split } },
      { onSuccess: (release) => void navigate(`/releases/${release.id}`) },
    );
  }

  return (
    <form className={surfaces["panel"]} onSubmit={submit}>
      <h2>New release</h2>
      <p className={surfaces["panelHint"]}>
        Takes accepted work where there is any, otherwise submitted work. Patients are dealt to the
        parts, so no patient is in two.
      </p>
      <div className={classes["fields"]}>
        <TextInput
          label="Name"
          placeholder="First round"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        {parts.map(([part, label]) => (
          <NumberInput
            key={part}
            label={label}
            min={0}
            max={100}
            value={split[part]}
            onChange={(value) => setSplit({ ...split, [part]: Number(value) || 0 })}
          />
        ))}
        <NumberInput
          label="Seed"
          min={0}
          value={split.seed}
          onChange={(value) => setSplit({ ...split, seed: Number(value) || 0 })}
        />
      </div>
      {create.isError && <ErrorNotice message={sentenceOf(create.error)} />}
      <div className={classes["formFoot"]}>
        <Button type="submit" loading={create.isPending} disabled={sum !== 100}>
          Freeze the release
        </Button>
        <Button variant="default" onClick={onDone}>
          Not now
        </Button>
        <span role="status">{sum !== 100 && `The parts add up to ${sum} %, not 100 %.`}</span>
      </div>
    </form>
  );
}
