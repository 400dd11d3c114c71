import { Button, SegmentedControl, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";

import { useSaveClinical } from "@/api/requests/patient";
import { sentenceOf } from "@/api/sentence";
import type { ClinicalEntry, ClinicalKind, NewClinicalEntry } from "@/api/types";
import { ErrorNotice } from "@/components/error-notice";

import classes from "./patients.module.css";

interface ClinicalFormProps {
  readonly patientId: string;
  /** The entry that is being corrected; null for a new one. */
  readonly edited: ClinicalEntry | null;
  readonly onDone: () => void;
}

const kinds = [
  { value: "fact", label: "Fact" },
  { value: "value", label: "Measurement" },
  { value: "note", label: "Note" },
];

/** Write a fact, a measurement or a note. */
export function ClinicalForm({ patientId, edited, onDone }: ClinicalFormProps) {
  const save = useSaveClinical(patientId);
  const empty: NewClinicalEntry = { kind: "fact", name: "", value: "", unit: "", date: null };
  const [entry, setEntry] = useState<NewClinicalEntry>(edited ? written(edited) : empty);
  const set = (change: Partial<NewClinicalEntry>) => setEntry((old) => ({ ...old, ...change }));
  return (
    <form
      className={classes["form"]}
      aria-label={edited ? "Correct an entry" : "New entry"}
      onSubmit={(event) => {
        event.preventDefault();
        const done = { entryId: edited?.id ?? null, body: entry };
        save.mutate(done, {
          onSuccess: () => {
            setEntry({ ...empty, kind: entry.kind });
            onDone();
          },
        });
      }}
    >
      <SegmentedControl
        size="xs"
        aria-label="Kind of entry"
        data={kinds}
        value={entry.kind}
        onChange={(kind) => set({ kind: kind as ClinicalKind })}
      />
      {entry.kind === "note" ? (
        <Textarea
          aria-label="Note"
          placeholder="What else is known"
          autosize
          minRows={2}
          maxLength={4000}
          value={entry.value}
          onChange={(event) => set({ value: event.currentTarget.value })}
        />
      ) : (
        <NamedValue entry={entry} onChange={set} />
      )}
      {save.isError && <ErrorNotice message={sentenceOf(save.error)} />}
      <div className={classes["tools"]}>
        <Button type="submit" size="compact-md" disabled={!isWhole(entry)} loading={save.isPending}>
          {edited ? "Correct" : "Add"}
        </Button>
        {edited && (
          <Button size="compact-md" variant="default" onClick={onDone}>
            Cancel
          </Button>
        )}
      </div>
    </form>
  );
}

interface NamedValueProps {
  readonly entry: NewClinicalEntry;
  readonly onChange: (change: Partial<NewClinicalEntry>) => void;
}

function NamedValue({ entry, onChange }: NamedValueProps) {
  return (
    <div className={classes["fields"]}>
      <TextInput
        size="xs"
        label="Name"
        maxLength={120}
        value={entry.name}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
      />
      <TextInput
        size="xs"
        label="Value"
        maxLength={4000}
        value={entry.value}
        onChange={(event) => onChange({ value: event.currentTarget.value })}
      />
      <TextInput
        size="xs"
        label="Unit"
        maxLength={40}
        value={entry.unit}
        onChange={(event) => onChange({ unit: event.currentTarget.value })}
      />
      <TextInput
        size="xs"
        type="date"
        label="Date"
        value={entry.date ?? ""}
        onChange={(event) => onChange({ date: event.currentTarget.value || null })}
      />
    </div>
  );
}

function isWhole({ kind, name, value, date }: NewClinicalEntry): boolean {
  if (!value.trim()) return false;
  if (kind === "note") return true;
  return name.trim() !== "" && (kind === "fact" || date !== null);
}

function written({ kind, name, value, unit, date }: ClinicalEntry): NewClinicalEntry {
  return { kind, name: name ?? "", value, unit: unit ?? "", date: date ?? null };
}
