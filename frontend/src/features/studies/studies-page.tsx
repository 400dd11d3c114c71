import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { IconSearch, IconStack2, IconUpload, IconX } from "@tabler/icons-react";
import { useRef, useState } from "react";
import { Link } from "react-router";

import { useStudies } from "@/api/requests/studies";
import { sentenceOf } from "@/api/sentence";
import type { Cohort, Study, StudyChoice } from "@/api/types";
import { EmptyPlace } from "@/components/empty-place";
import { ErrorNotice } from "@/components/error-notice";
import { PageHead } from "@/components/page-head";
import surfaces from "@/components/surfaces.module.css";
import { VirtualTable } from "@/components/virtual-table";
import { formatCount, plural } from "@/lib/format";
import { usePageKeys } from "@/lib/page-keys";

import { BulkBar } from "./bulk-bar";
import { CohortMenu } from "./cohort-menu";
import { tell } from "./notices";
import { SaveCohort } from "./save-cohort";
import { SearchField } from "./search-field";
import classes from "./studies.module.css";
import { studyColumns } from "./study-columns";
import { StudyFilters } from "./study-filters";
import { StudyPanel } from "./study-panel";
import { tickColumn, useTicks } from "./study-ticks";
import { type StudyView, useStudyView } from "./study-view";

/** Every study the person may see; the chosen one with its series at the right. */
export function StudiesPage() {
  const view = useStudyView();
  const studies = useStudies(view.search);
  const first = studies.data?.pages[0];
  const total = first?.total ?? undefined;
  const isCapped = first?.is_total_capped ?? false;
  const ticks = useTicks(view.search.filter, total);
  const [saved, setSaved] = useState<StudyChoice | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const split = useRef<HTMLDivElement>(null);
  usePageKeys({
    "/": () => field.current?.select(),
    Escape: () => (view.studyId === null ? ticks.clear() : view.change({ study: null })),
  });

  return (
    <div className={surfaces["fill"]}>
      <PageHead title="Studies" beside={<Count total={total} isCapped={isCapped} />}>
        <CohortMenu view={view} onSave={() => setSaved({ filter: view.search.filter })} />
        <Button component={Link} to="/uploads" leftSection={<IconUpload size={17} />}>
          Upload
        </Button>
      </PageHead>
      <div className={classes["tools"]}>
        <SearchField
          field={field}
          value={view.words}
          onChange={view.setWords}
          onLeave={() => split.current?.querySelector<HTMLElement>("[role=grid]")?.focus()}
        />
        <StudyFilters view={view} />
      </div>
      {studies.isError && (
        <ErrorNotice message={sentenceOf(studies.error)} onRetry={() => void studies.refetch()} />
      )}
      <div className={classes["split"]} ref={split}>
        <VirtualTable<Study>
          label="Studies"
          columns={[tickColumn(ticks, total), ...studyColumns(view)]}
          rows={studies.data?.pages.flatMap((page) => page.results) ?? []}
          total={total}
          rowKey={(study) => study.id}
          rowHeight={56}
          isMain
          listKey={JSON.stringify(view.search)}
          selected={view.studyId}
          onSelect={(study, by) => follow(view, study, by)}
          onOpen={(study) => view.change({ study: study.id })}
          onToggle={(study) => ticks.toggle(study.id)}
          onEnd={() => studies.hasNextPage && !studies.isFetching && void studies.fetchNextPage()}
          isLoading={studies.isPending}
          empty={<NoStudies isFiltered={view.isFiltered} />}
        />
        {view.studyId !== null && <Panel id={view.studyId} view={view} />}
      </div>
      <BulkBar ticks={ticks} total={total} onSave={() => setSaved(ticks.choice())} />
      <SaveCohort
        choice={saved}
        count={saved?.study_ids?.length ?? total ?? 0}
        onClose={() => setSaved(null)}
        onSaved={(cohort) => show(view, cohort)}
      />
    </div>
  );
}

/** A click opens a study; keys only lead an open panel along. */
function follow(view: StudyView, study: Study, by: "keys" | "pointer"): void {
  if (by === "pointer" || view.studyId !== null) view.change({ study: study.id });
}

function show(view: StudyView, cohort: Cohort): void {
  tell(`Saved as ${cohort.name}.`);
  if (cohort.kind === "list") view.change({ cohort: cohort.id });
}

function Count({ total, isCapped }: { total: number | undefined; isCapped: boolean }) {
  if (total === undefined) return null;
  const words = isCapped
    ? `more than ${formatCount(total)} studies`
    : plural(total, "study", "studies");
  return (
    <span className={classes["count"]} role="status">
      {words}
    </span>
  );
}

function Panel({ id, view }: { readonly id: string; readonly view: StudyView }) {
  return (
    <aside className={classes["panel"]} aria-label="The chosen study">
      <Tooltip label="Close">
        <ActionIcon
          className={classes["close"] ?? ""}
          aria-label="Close the study"
          onClick={() => view.change({ study: null })}
        >
          <IconX size={18} stroke={1.6} />
        </ActionIcon>
      </Tooltip>
      <StudyPanel key={id} id={id} />
    </aside>
  );
}

function NoStudies({ isFiltered }: { readonly isFiltered: boolean }) {
  if (isFiltered) {
    return (
      <EmptyPlace icon={IconSearch} title="No study fits">
        Take a filter away, or search for a part of the patient's identifier or the description.
      </EmptyPlace>
    );
  }
  return (
    <EmptyPlace
      icon={IconStack2}
      title="No studies yet"
      action={
        <Button component={Link} to="/uploads">
          Upload images
        </Button>
      }
    >
      Drop files, folders or archives anywhere on this page: DICOM, NIfTI, NRRD, pictures, films.
      Scripts may send them with manage.py ingest, or DICOM over DICOMweb.
    </EmptyPlace>
  );
}
