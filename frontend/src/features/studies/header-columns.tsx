import { IconChevronRight } from "@tabler/icons-react";

import type { HeaderElement } from "@/api/types";
import { Chip } from "@/components/chip";
import type { Column } from "@/components/virtual-table";

import type { HeaderRow } from "./header-rows";
import classes from "./header-viewer.module.css";

const fates: Readonly<Record<NonNullable<HeaderElement["fate"]>, string>> = {
  kept: "kept by policy",
  emptied: "emptied",
  replaced: "replaced",
  pseudonym: "pseudonym",
  uid_replaced: "new UID",
  shifted: "shifted",
  cleaned: "cleaned",
};

export function headerColumns(toggle: (row: HeaderRow) => void): readonly Column<HeaderRow>[] {
  return [
    {
      key: "tag",
      header: "Tag",
      width: "96px",
      cell: (row) => <code className={classes["tag"]}>{row.element?.tag}</code>,
    },
    {
      key: "name",
      header: "Name",
      width: "minmax(220px, 1.1fr)",
      cell: (row) => <Name row={row} onToggle={() => toggle(row)} />,
    },
    {
      key: "vr",
      header: "VR",
      width: "28px",
      cell: (row) => <span className={classes["quiet"]}>{row.element?.vr}</span>,
    },
    {
      key: "value",
      header: "Value",
      width: "minmax(200px, 1.6fr)",
      cell: ({ element }) =>
        element && (
          <bdi className={element.vr === "SQ" ? classes["quiet"] : ""} title={element.value}>
            {element.value}
          </bdi>
        ),
    },
    {
      key: "fate",
      header: "De-identification",
      width: "112px",
      cell: ({ element }) => element?.fate && <Chip tone="quiet">{fates[element.fate]}</Chip>,
    },
  ];
}

function Name({ row, onToggle }: { readonly row: HeaderRow; readonly onToggle: () => void }) {
  const { element } = row;
  return (
    <span className={classes["name"]} style={{ paddingLeft: row.depth * 14 }}>
      {row.isSequence && (
        <button
          type="button"
          tabIndex={-1}
          aria-expanded={row.isOpen}
          aria-label={element?.name ?? row.item}
          onClick={onToggle}
        >
          <IconChevronRight size={14} stroke={2} aria-hidden />
        </button>
      )}
      <span className={element?.is_private ? classes["private"] : ""}>
        {element?.name ?? row.item}
      </span>
      {element?.is_private && <Chip tone="warn">private</Chip>}
    </span>
  );
}
