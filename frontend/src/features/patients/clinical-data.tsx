import { ActionIcon, Button, FileButton, Skeleton, Switch, Tooltip } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconPencil, IconTableImport, IconTrash } from "@tabler/icons-react";
import { useState } from "react";

import { useClinical, useImportClinical, useWithdrawClinical } from "@/api/requests/patient";
import { sentenceOf } from "@/api/sentence";
import type { ClinicalEntry, ClinicalKind, ClinicalTable } from "@/api/types";
import { ErrorNotice } from "@/components/error-notice";
import surfaces from "@/components/surfaces.module.css";
import { formatDay, formatMoment, plural } from "@/lib/format";

import { ClinicalForm } from "./clinical-form";
import classes from "./patients.module.css";

const sections: readonly { readonly kind: ClinicalKind; readonly title: string }[] = [
  { kind: "fact", title: "Facts" },
  { kind: "value", title: "Measurements" },
  { kind: "note", title: "Notes" },
];

/** What is known of a patient beside the images: facts, measurements, notes. */
export function ClinicalData({ patientId }: { readonly patientId: string }) {
  const [withHistory, setHistory] = useState(false);
  const [edited, setEdited] = useState<ClinicalEntry | null>(null);
  const entries = useClinical(patientId, withHistory);
  return (
    <section className={classes["clinical"]} aria-labelledby="clinical-data">
      <header>
        <h2 id="clinical-data" className={surfaces["panelTitle"]}>
          Clinical data
        </h2>
        <Switch
          size="xs"
          label="With history"
          checked={withHistory}
          onChange={(event) => setHistory(event.currentTarget.checked)}
        />
        <TableImport patientId={patientId} />
      </header>
      {entries.isError && <ErrorNotice message={sentenceOf(entries.error)} />}
      {entries.isPending && <Skeleton height={160} radius={8} />}
      {entries.data?.length === 0 && (
        <p className={surfaces["panelHint"]}>
          Nothing is known yet. Write a diagnosis, a laboratory value or a note, or bring a table
          with the columns date, name, value, unit.
        </p>
      )}
      {sections.map(({ kind, title }) => (
        <Entries
          key={kind}
          title={title}
          patientId={patientId}
          entries={entries.data?.filter((entry) => entry.kind === kind) ?? []}
          onEdit={setEdited}
        />
      ))}
      <ClinicalForm
        key={edited?.id ?? "new"}
        patientId={patientId}
        edited={edited}
        onDone={() => setEdited(null)}
      />
    </section>
  );
}

interface EntriesProps {
  readonly title: string;
  readonly patientId: string;
  readonly entries: readonly ClinicalEntry[];
  readonly onEdit: (entry: ClinicalEntry) => void;
}

function Entries({ title, patientId, entries, onEdit }: EntriesProps) {
  if (entries.length === 0) return null;
  return (
    <table className={classes["entries"]} aria-label={title}>
      <caption>{title}</caption>
      <tbody>
        {entries.map((entry) => (
          <tr key={entry.id} data-withdrawn={entry.withdrawn_at !== null}>
            <th scope="row">{entry.name && <bdi>{entry.name}</bdi>}</th>
            <td dir="auto">
              {entry.value} {entry.unit}
              {entry.withdrawn_at && <small>Withdrawn {formatMoment(entry.withdrawn_at)}</small>}
            </td>
            <td className={classes["day"]}>{entry.date && formatDay(entry.date)}</td>
            <td>
              {entry.withdrawn_at === null && (
                <EntryTools entry={entry} patientId={patientId} onEdit={onEdit} />
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface EntryToolsProps {
  readonly entry: ClinicalEntry;
  readonly patientId: string;
  readonly onEdit: (entry: ClinicalEntry) => void;
}

function EntryTools({ entry, patientId, onEdit }: EntryToolsProps) {
  const withdraw = useWithdrawClinical(patientId);
  const what = entry.name || "this note";
  return (
    <span className={classes["tools"]}>
      <Tooltip label="Correct it; the old one stays in the history">
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={`Correct ${what}`}
          onClick={() => onEdit(entry)}
        >
          <IconPencil size={15} stroke={1.6} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label="Withdraw it; it stays in the history">
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={`Withdraw ${what}`}
          onClick={() => withdraw.mutate(entry.id)}
        >
          <IconTrash size={15} stroke={1.6} />
        </ActionIcon>
      </Tooltip>
    </span>
  );
}

function TableImport({ patientId }: { readonly patientId: string }) {
  const bring = useImportClinical(patientId);
  async function read(file: File | null) {
    if (file) bring.mutate(await file.text(), { onSuccess: tellTable, onError: tellProblem });
  }
  return (
    <FileButton accept=".csv,.tsv,.txt,text/csv" onChange={(file) => void read(file)}>
      {(props) => (
        <Button
          {...props}
          size="compact-sm"
          variant="default"
          loading={bring.isPending}
          leftSection={<IconTableImport size={15} stroke={1.6} />}
        >
          Bring a table
        </Button>
      )}
    </FileButton>
  );
}

const closeButtonProps = { "aria-label": "Close this notice" };

function tellTable({ added, refused }: ClinicalTable): void {
  const first = refused[0];
  const left = first
    ? ` ${plural(refused.length, "line was", "lines were")} left, the first in line ${first.line}: ${first.reason}`
    : "";
  const message = `${plural(added, "entry", "entries")} added.${left}`;
  notifications.show({ message, closeButtonProps, autoClose: first ? false : 4_000 });
}

function tellProblem(error: unknown): void {
  notifications.show({ message: sentenceOf(error), color: "red", closeButtonProps });
}
