import { Button, Menu, Skeleton } from "@mantine/core";
import { IconChevronDown, IconDatabaseImport } from "@tabler/icons-react";
import { useState } from "react";

import { useLiveTopics } from "@/api/live";
import { isBusy, useSources } from "@/api/requests/sources";
import { sentenceOf } from "@/api/sentence";
import type { Source, SourceKind, SourceList } from "@/api/types";
import { EmptyPlace } from "@/components/empty-place";
import { ErrorNotice } from "@/components/error-notice";
import surfaces from "@/components/surfaces.module.css";

import classes from "./admin.module.css";
import { SourcePanel } from "./source-panel";
import { SourceRow } from "./source-row";
import { sourceKinds } from "./source-words";
import own from "./sources.module.css";

type Opened = { readonly kind: SourceKind } | { readonly source: Source } | null;

/** Where files come from by themselves: what each brought last, and when it is looked at next. */
export function SourcesAdmin() {
  const sources = useSources();
  const [opened, setOpened] = useState<Opened>(null);
  useLiveTopics(busyJobs(sources.data));
  if (sources.isError) {
    return (
      <ErrorNotice message={sentenceOf(sources.error)} onRetry={() => void sources.refetch()} />
    );
  }
  if (!sources.data) return <Skeleton height={240} radius={8} />;
  const { results } = sources.data;
  const add = <AddMenu onPick={(kind) => setOpened({ kind })} />;
  return (
    <>
      {results.length === 0 ? (
        <EmptyPlace icon={IconDatabaseImport} title="No sources yet" action={add}>
          A source brings files in without anybody uploading them: from a folder of this machine, a
          PACS, a DICOMweb server, a bucket, or a scanner that sends. Everything goes through the
          same checks and policies as an upload.
        </EmptyPlace>
      ) : (
        <>
          <div className={classes["bar"]}>
            <p className={surfaces["panelHint"]}>
              What comes in is seen by administrators, and by the project a source names.
            </p>
            {add}
          </div>
          <ul className={own["list"]}>
            {results.map((source) => (
              <SourceRow key={source.id} source={source} onEdit={() => setOpened({ source })} />
            ))}
          </ul>
        </>
      )}
      <SourcePanel opened={opened} list={sources.data} onClose={() => setOpened(null)} />
    </>
  );
}

function busyJobs(list: SourceList | undefined): readonly string[] {
  const busy = list?.results.filter(isBusy) ?? [];
  return busy.flatMap((source) =>
    source.last_run?.job_id ? [`job:${source.last_run.job_id}`] : [],
  );
}

function AddMenu({ onPick }: { readonly onPick: (kind: SourceKind) => void }) {
  return (
    <Menu position="bottom-end" width={340}>
      <Menu.Target>
        <Button rightSection={<IconChevronDown size={15} />}>Add a source</Button>
      </Menu.Target>
      <Menu.Dropdown>
        {sourceKinds.map(({ kind, name, hint }) => (
          <Menu.Item key={kind} onClick={() => onPick(kind)}>
            <span className={own["kind"]}>
              {name}
              <small>{hint}</small>
            </span>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
