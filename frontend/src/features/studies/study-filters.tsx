import { Button, Select, TextInput } from "@mantine/core";

import { useProjects } from "@/api/requests/projects";
import { useStudyFacets } from "@/api/requests/study-facets";
import { useTags } from "@/api/requests/tags";
import { formatDay } from "@/lib/format";
import { nameOfSource } from "@/lib/sources";

import { FilterButton, FilterMenu, type FilterOption } from "./filter-menu";
import classes from "./filters.module.css";
import type { StudyView } from "./study-view";

/** What narrows the list, as chips that say what they are set to. */
export function StudyFilters({ view }: { readonly view: StudyView }) {
  const facets = useStudyFacets();
  const tags = useTags();
  return (
    <div className={classes["filters"]}>
      <FilterMenu
        label="Modality"
        options={plain(facets.data?.modalities)}
        values={view.many("modality")}
        onChange={(modality) => view.change({ modality })}
        none="There are no images yet."
      />
      <FilterMenu
        label="Body part"
        options={plain(facets.data?.body_parts)}
        values={view.many("part")}
        onChange={(part) => view.change({ part })}
        none="No series says which part of the body it shows."
      />
      <DateFilter view={view} />
      <FilterMenu
        label="Source"
        options={(facets.data?.sources ?? []).map((value) => ({
          value,
          label: nameOfSource(value),
        }))}
        values={view.many("source")}
        onChange={(source) => view.change({ source })}
        none="Nothing has come in yet."
      />
      <ProjectFilter view={view} />
      <FilterMenu
        label="Tags"
        options={(tags.data ?? []).map((tag) => ({
          value: tag.id,
          label: tag.name,
          color: tag.color,
        }))}
        values={view.many("tag")}
        onChange={(tag) => view.change({ tag })}
        none="There are no tags yet. Choose studies in the list to tag them."
      />
      <WarningFilter view={view} />
      {view.isFiltered && (
        <Button size="compact-sm" variant="subtle" color="gray" onClick={view.clear}>
          Clear
        </Button>
      )}
    </div>
  );
}

function plain(values: readonly string[] | undefined): readonly FilterOption[] {
  return (values ?? []).map((value) => ({ value, label: value }));
}

function DateFilter({ view }: { readonly view: StudyView }) {
  const from = view.one("from");
  const to = view.one("to");
  return (
    <FilterButton label="Date" chosen={rangeWords(from, to)}>
      <div className={classes["dates"]}>
        <TextInput
          type="date"
          size="xs"
          label="Not before"
          value={from ?? ""}
          onChange={(event) => view.change({ from: event.currentTarget.value })}
        />
        <TextInput
          type="date"
          size="xs"
          label="Not after"
          value={to ?? ""}
          onChange={(event) => view.change({ to: event.currentTarget.value })}
        />
      </div>
    </FilterButton>
  );
}

function rangeWords(from: string | null, to: string | null): string {
  if (from && to) return `${formatDay(from)} – ${formatDay(to)}`;
  if (from) return `from ${formatDay(from)}`;
  return to ? `until ${formatDay(to)}` : "";
}

function ProjectFilter({ view }: { readonly view: StudyView }) {
  const projects = useProjects();
  const chosen = projects.data?.find((one) => one.id === view.one("project"));
  return (
    <FilterButton label="Project" chosen={chosen?.name ?? ""}>
      <Select
        size="xs"
        label="Studies in this project"
        placeholder="Any project"
        clearable
        searchable
        comboboxProps={{ withinPortal: false }}
        data={projects.data?.map((one) => ({ value: one.id, label: one.name })) ?? []}
        value={view.one("project")}
        onChange={(project) => view.change({ project })}
      />
    </FilterButton>
  );
}

function WarningFilter({ view }: { readonly view: StudyView }) {
  const isSet = view.one("warnings") === "yes";
  return (
    <button
      type="button"
      className={classes["chip"]}
      data-set={isSet}
      aria-pressed={isSet}
      onClick={() => view.change({ warnings: isSet ? null : "yes" })}
    >
      With warnings
    </button>
  );
}
