import { ActionIcon, Group, Modal, TextInput, Tooltip } from "@mantine/core";
import { IconChevronLeft, IconChevronRight, IconSearch } from "@tabler/icons-react";
import { useMemo, useState } from "react";

import { useHeader, useInstances } from "@/api/requests/headers";
import { sentenceOf } from "@/api/sentence";
import type { Header, Series } from "@/api/types";
import { ErrorNotice } from "@/components/error-notice";
import { VirtualTable } from "@/components/virtual-table";
import { formatBytes, formatCount } from "@/lib/format";

import { headerColumns } from "./header-columns";
import { type HeaderRow, headerRows } from "./header-rows";
import classes from "./header-viewer.module.css";

interface HeaderViewerProps {
  /** The series whose objects are read; null keeps the viewer closed. */
  readonly series: Series | null;
  readonly onClose: () => void;
}

/** What the files of a series say of themselves, element by element. */
export function HeaderViewer({ series, onClose }: HeaderViewerProps) {
  return (
    <Modal
      opened={series !== null}
      onClose={onClose}
      size="min(1080px, 94vw)"
      title={series ? `Header · ${series.description || series.modality}` : "Header"}
    >
      {series && <Reader key={series.id} series={series} />}
    </Modal>
  );
}

function Reader({ series }: { readonly series: Series }) {
  const instances = useInstances(series.id);
  const [place, setPlace] = useState(0);
  const [text, setText] = useState("");
  const header = useHeader(instances.data?.results[place]?.id);
  const problem = instances.error ?? header.error;
  const count = instances.data?.results.length ?? 0;
  return (
    <div className={classes["reader"]}>
      <Group gap="sm">
        <TextInput
          data-autofocus
          flex={1}
          aria-label="Search the header"
          placeholder="Name, tag or value"
          leftSection={<IconSearch size={16} stroke={1.6} />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Step place={place} count={count} total={instances.data?.total ?? 0} onStep={setPlace} />
      </Group>
      {problem && <ErrorNotice message={sentenceOf(problem)} />}
      {header.data && <About header={header.data} />}
      <Elements header={header.data} text={text} />
    </div>
  );
}

interface StepProps {
  readonly place: number;
  readonly count: number;
  readonly total: number;
  readonly onStep: (place: number) => void;
}

function Step({ place, count, total, onStep }: StepProps) {
  return (
    <Group gap={4}>
      <Tooltip label="The object before">
        <ActionIcon
          variant="default"
          aria-label="The object before"
          disabled={place === 0}
          onClick={() => onStep(place - 1)}
        >
          <IconChevronLeft size={17} />
        </ActionIcon>
      </Tooltip>
      <span className={classes["place"]} role="status">
        {count === 0 ? "–" : `${formatCount(place + 1)} of ${formatCount(total)}`}
      </span>
      <Tooltip label="The next object">
        <ActionIcon
          variant="default"
          aria-label="The next object"
          disabled={place >= count - 1}
          onClick={() => onStep(place + 1)}
        >
          <IconChevronRight size={17} />
        </ActionIcon>
      </Tooltip>
    </Group>
  );
}

function About({ header }: { readonly header: Header }) {
  const { instance, policy, earlier_deidentification: earlier } = header;
  const facts = [instance.sop_class, instance.transfer_syntax, formatBytes(instance.size)];
  return (
    <p className={classes["about"]}>
      {facts.join(" · ")}
      {policy && `. De-identified on arrival by policy ${policy}; what was removed is not here.`}
      {earlier && `. De-identified before it came here: ${earlier}`}
    </p>
  );
}

function Elements({
  header,
  text,
}: {
  readonly header: Header | undefined;
  readonly text: string;
}) {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const rows = useMemo(() => headerRows(header?.elements ?? [], open, text), [header, open, text]);

  function toggle(row: HeaderRow) {
    if (!row.isSequence) return;
    setOpen((old) => {
      const next = new Set(old);
      if (!next.delete(row.key)) next.add(row.key);
      return next;
    });
  }

  return (
    <VirtualTable<HeaderRow>
      label="Elements of the header"
      columns={headerColumns(toggle)}
      rows={rows}
      rowKey={(row) => row.key}
      rowHeight={28}
      onOpen={toggle}
      onToggle={toggle}
      isLoading={header === undefined}
      empty={<p className={classes["about"]}>Nothing in this header fits.</p>}
    />
  );
}
