import { Tooltip, VisuallyHidden } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";

import type { Study, StudyOrder } from "@/api/types";
import { Thumbnail } from "@/components/thumbnail";
import type { Column } from "@/components/virtual-table";
import { formatCount, formatDay } from "@/lib/format";

import classes from "./studies.module.css";
import type { StudyView } from "./study-view";
import { TagChips } from "./tag-chips";

/** The columns of the list; four of them turn its order. */
export function studyColumns(view: StudyView): readonly Column<Study>[] {
  return [
    {
      key: "picture",
      header: <VisuallyHidden>Picture</VisuallyHidden>,
      width: "44px",
      cell: (study) => <Thumbnail src={study.thumbnail_url} alt="" width={44} height={44} />,
    },
    {
      key: "patient",
      header: "Patient",
      width: "minmax(120px, 1.1fr)",
      sort: sortBy(view, "patient"),
      cell: (study) => (
        <span className={classes["two"]}>
          <bdi>{study.patient.patient_id || "No patient ID"}</bdi>
          <bdi>{study.patient.name}</bdi>
        </span>
      ),
    },
    {
      key: "description",
      header: "Study",
      width: "minmax(160px, 2fr)",
      sort: sortBy(view, "description"),
      cell: (study) => (
        <span className={classes["two"]}>
          <bdi>{study.description || "No description"}</bdi>
          <span className={classes["kinds"]}>
            {study.modalities.join(", ")}
            <TagChips tags={study.tags} />
          </span>
        </span>
      ),
    },
    {
      key: "warnings",
      header: <VisuallyHidden>Warnings</VisuallyHidden>,
      width: "20px",
      cell: (study) => study.warnings.length > 0 && <Warning study={study} />,
    },
    {
      key: "date",
      header: "Date",
      width: "104px",
      align: "right",
      sort: sortBy(view, "date"),
      cell: (study) => formatDay(study.date),
    },
    {
      key: "arrived",
      header: "Arrived",
      width: "104px",
      align: "right",
      sort: sortBy(view, "arrived"),
      cell: (study) => formatDay(study.created_at),
    },
    {
      key: "images",
      header: "Images",
      width: "64px",
      align: "right",
      cell: (study) => formatCount(study.instance_count),
    },
  ];
}

function Warning({ study }: { readonly study: Study }) {
  return (
    <Tooltip label={study.warnings[0]} multiline maw={320}>
      <IconAlertTriangle
        size={17}
        stroke={1.8}
        color="var(--limn-warn)"
        role="img"
        aria-label={study.warnings[0] ?? "Warning"}
      />
    </Tooltip>
  );
}

/** Dates begin with the newest, words with A. */
function sortBy(view: StudyView, order: StudyOrder): NonNullable<Column<Study>["sort"]> {
  const isNow = view.search.order === order;
  const isDescending = view.search.is_descending ?? true;
  const beginsUp = order === "patient" || order === "description";
  const isUpNext = isNow ? isDescending : beginsUp;
  return {
    by: isNow ? (isDescending ? "descending" : "ascending") : "none",
    turn: () => view.change({ order, up: isUpNext ? "yes" : null }),
  };
}
