import { Checkbox, TextInput, VisuallyHidden } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useMemo, useState } from "react";

import { useStudies } from "@/api/requests/studies";
import { sentenceOf } from "@/api/sentence";
import type { Study } from "@/api/types";
import { ErrorNotice } from "@/components/error-notice";
import { FilterChips } from "@/components/filter-chips";
import { Thumbnail } from "@/components/thumbnail";
import { type Column, VirtualTable } from "@/components/virtual-table";
import { formatDay, plural } from "@/lib/format";

import classes from "./projects.module.css";

interface StudyPickerProps {
  readonly chosen: readonly string[];
  readonly onChange: (ids: readonly string[]) => void;
}

const modalities = ["", "CT", "MR", "US", "CR"].map((value) => ({ value, label: value || "All" }));

/** Search studies and tick them, one by one or all that are found. */
export function StudyPicker({ chosen, onChange }: StudyPickerProps) {
  const [text, setText] = useState("");
  const [modality, setModality] = useState("");
  const [search] = useDebouncedValue(text.trim(), 200);
  const studies = useStudies({ filter: { search, modalities: modality ? [modality] : [] } });
  const rows = studies.data?.pages.flatMap((page) => page.results) ?? [];
  const ids = useMemo(() => new Set(chosen), [chosen]);
  const columns = useColumns(ids, (id) =>
    onChange(ids.has(id) ? chosen.filter((one) => one !== id) : [...chosen, id]),
  );
  const areAllChosen = rows.length > 0 && rows.every((study) => ids.has(study.id));
  function toggleAll() {
    const found = rows.map((study) => study.id);
    onChange(
      areAllChosen
        ? chosen.filter((id) => !found.includes(id))
        : [...new Set([...chosen, ...found])],
    );
  }
  return (
    <div className={classes["tall"]}>
      <div className={classes["toolbar"]}>
        <TextInput
          w={300}
          aria-label="Search studies"
          placeholder="Patient, description, accession"
          leftSection={<IconSearch size={17} stroke={1.6} />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <FilterChips
          label="Modality"
          options={modalities}
          value={modality}
          onChange={setModality}
        />
        <Checkbox
          label={`All ${rows.length} shown`}
          checked={areAllChosen}
          indeterminate={!areAllChosen && rows.some((study) => ids.has(study.id))}
          disabled={rows.length === 0}
          onChange={toggleAll}
        />
        <p className={classes["note"]} role="status">
          {plural(chosen.length, "study", "studies")} chosen
        </p>
      </div>
      {studies.isError && (
        <ErrorNotice message={sentenceOf(studies.error)} onRetry={() => void studies.refetch()} />
      )}
      <VirtualTable<Study>
        label="Studies to label"
        columns={columns}
        rows={rows}
        rowKey={(study) => study.id}
        rowHeight={44}
        onEnd={() => studies.hasNextPage && !studies.isFetching && void studies.fetchNextPage()}
        isLoading={studies.isPending}
        empty={<p className={classes["note"]}>No study fits. Upload images first.</p>}
      />
    </div>
  );
}

function useColumns(
  chosen: ReadonlySet<string>,
  toggle: (id: string) => void,
): readonly Column<Study>[] {
  return [
    {
      key: "choose",
      header: <VisuallyHidden>Choose</VisuallyHidden>,
      width: "24px",
      cell: (study) => (
        <Checkbox
          aria-label={`Choose ${study.patient.patient_id} ${study.description}`}
          checked={chosen.has(study.id)}
          onChange={() => toggle(study.id)}
        />
      ),
    },
    {
      key: "picture",
      header: <VisuallyHidden>Picture</VisuallyHidden>,
      width: "36px",
      cell: (study) => <Thumbnail src={study.thumbnail_url} alt="" width={36} height={36} />,
    },
    {
      key: "patient",
      header: "Patient",
      width: "minmax(100px, 1fr)",
      cell: (study) => <bdi>{study.patient.patient_id}</bdi>,
    },
    {
      key: "description",
      header: "Study",
      width: "minmax(140px, 2fr)",
      cell: (study) => <bdi>{study.description}</bdi>,
    },
    {
      key: "modality",
      header: "Modality",
      width: "72px",
      cell: (study) => study.modalities.join(", "),
    },
    {
      key: "date",
      header: "Date",
      width: "104px",
      align: "right",
      cell: (study) => formatDay(study.date),
    },
  ];
}
