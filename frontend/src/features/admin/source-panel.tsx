import { Button, Drawer, Select, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";

import { useDeidPolicies } from "@/api/requests/deid-policies";
import { useProjects } from "@/api/requests/projects";
import { useAddSource, useChangeSource } from "@/api/requests/save-source";
import { useTestSource } from "@/api/requests/test-source";
import { sentenceOf } from "@/api/sentence";
import type { Source, SourceKind, SourceList } from "@/api/types";
import { ErrorNotice } from "@/components/error-notice";
import surfaces from "@/components/surfaces.module.css";

import { RemoveSource } from "./remove-source";
import { draftOf, newDraft, type SourceDraft } from "./source-draft";
import { SourceFields } from "./source-fields";
import { SourceHistory } from "./source-history";
import { SourceSchedule } from "./source-schedule";
import { nameOfKind, sourceKinds } from "./source-words";
import classes from "./sources.module.css";

interface SourcePanelProps {
  readonly opened: { readonly kind: SourceKind } | { readonly source: Source } | null;
  readonly list: SourceList;
  readonly onClose: () => void;
}

/** A source being written down: only the fields of its kind, and whether it answers. */
export function SourcePanel({ opened, list, onClose }: SourcePanelProps) {
  const source = opened && "source" in opened ? opened.source : null;
  const kind = source?.settings.kind ?? (opened && "kind" in opened ? opened.kind : "folder");
  const title = source ? source.name : `New source: ${nameOfKind(kind)}`;
  return (
    <Drawer
      opened={opened !== null}
      onClose={onClose}
      position="right"
      size={480}
      title={title}
      closeButtonProps={{ "aria-label": "Close" }}
      transitionProps={{ duration: 90 }}
    >
      {opened && <SourceForm kind={kind} source={source} list={list} onDone={onClose} />}
    </Drawer>
  );
}

interface SourceFormProps {
  readonly kind: SourceKind;
  readonly source: Source | null;
  readonly list: SourceList;
  readonly onDone: () => void;
}

function SourceForm({ kind, source, list, onDone }: SourceFormProps) {
  const [draft, setDraft] = useState(() =>
    source ? draftOf(source) : newDraft(kind, list.watch_roots[0] ?? ""),
  );
  const save = useSave(source, onDone);
  function change(part: Partial<SourceDraft>) {
    setDraft((old) => ({ ...old, ...part }));
  }
  function submit(event: FormEvent) {
    event.preventDefault();
    save.run(draft);
  }
  const isReceiver = kind === "receiver";
  return (
    <form className={classes["form"]} onSubmit={submit}>
      <p className={surfaces["panelHint"]}>{sourceKinds.find((one) => one.kind === kind)?.hint}</p>
      <TextInput
        label="Name"
        required
        withAsterisk={false}
        data-autofocus
        value={draft.name}
        onChange={(event) => change({ name: event.currentTarget.value })}
      />
      <SourceFields
        draft={draft}
        list={list}
        hasSecret={source?.has_secret ?? false}
        onChange={change}
      />
      {!isReceiver && <SourceSchedule schedule={draft.schedule} onChange={change} />}
      <PolicyField draft={draft} onChange={change} />
      <ProjectField draft={draft} onChange={change} />
      <TestLine draft={draft} source={source} />
      {save.error !== null && <ErrorNotice message={sentenceOf(save.error)} />}
      <div className={classes["buttons"]}>
        <Button type="submit" loading={save.isPending}>
          {source ? "Save" : "Add"}
        </Button>
        <Button variant="default" onClick={onDone}>
          Not now
        </Button>
        {source && <RemoveSource source={source} onDone={onDone} />}
      </div>
      {source && <SourceHistory source={source} />}
    </form>
  );
}

function useSave(source: Source | null, onDone: () => void) {
  const add = useAddSource();
  const change = useChangeSource();
  function run(draft: SourceDraft) {
    if (source) change.mutate({ id: source.id, change: draft }, { onSuccess: onDone });
    else add.mutate(draft, { onSuccess: onDone });
  }
  return {
    run,
    isPending: add.isPending || change.isPending,
    error: source ? change.error : add.error,
  };
}

interface FieldProps {
  readonly draft: SourceDraft;
  readonly onChange: (part: Partial<SourceDraft>) => void;
}

function PolicyField({ draft, onChange }: FieldProps) {
  const policies = useDeidPolicies();
  const known = policies.data?.map(({ name, title }) => ({ value: name, label: title })) ?? [];
  return (
    <Select
      label="De-identification"
      description="What is taken out of everything that comes this way, before it is stored."
      data={[{ value: "", label: "As the installation says for this kind" }, ...known]}
      allowDeselect={false}
      value={draft.policy}
      onChange={(policy) => onChange({ policy: policy ?? "" })}
    />
  );
}

function ProjectField({ draft, onChange }: FieldProps) {
  const projects = useProjects();
  const known = projects.data?.map(({ id, name }) => ({ value: id, label: name })) ?? [];
  return (
    <Select
      label="Seen by"
      description="Administrators always; also by the people of a project."
      data={[{ value: "", label: "Administrators only" }, ...known]}
      allowDeselect={false}
      searchable
      value={draft.project_id ?? ""}
      onChange={(project) => onChange({ project_id: project || null })}
    />
  );
}

function TestLine({
  draft,
  source,
}: {
  readonly draft: SourceDraft;
  readonly source: Source | null;
}) {
  const test = useTestSource();
  const { settings, secrets } = draft;
  const answer = test.data;
  return (
    <div className={classes["test"]}>
      <Button
        variant="default"
        loading={test.isPending}
        onClick={() => test.mutate({ settings, secrets, source_id: source?.id ?? null })}
      >
        Test connection
      </Button>
      <p role="status" data-good={answer?.is_good}>
        {test.isError ? sentenceOf(test.error) : answer?.sentence}
      </p>
    </div>
  );
}
