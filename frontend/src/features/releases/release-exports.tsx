import { Button } from "@mantine/core";

import { useLiveTopics } from "@/api/live";
import { useCreateExport } from "@/api/requests/create-export";
import { useExports } from "@/api/requests/exports";
import { sentenceOf } from "@/api/sentence";
import type { ExportFormat, Release } from "@/api/types";
import { ErrorNotice } from "@/components/error-notice";
import surfaces from "@/components/surfaces.module.css";

import { ExportLine } from "./export-line";
import { exportFormats } from "./export-words";
import classes from "./releases.module.css";

/** Write the release in a format; it is offered only after it was read back equal. */
export function ReleaseExports({ release }: { readonly release: Release }) {
  const exports = useExports(release.id);
  const create = useCreateExport();
  const jobs = exports.data?.flatMap((row) => (row.job ? [`job:${row.job.id}`] : [])) ?? [];
  useLiveTopics(jobs);
  const problem = exports.error ?? create.error;
  return (
    <section className={`${surfaces["panel"]} ${classes["wide"]}`} aria-label="Exports">
      <h2>Exports</h2>
      <p className={surfaces["panelHint"]}>
        Each file is read back and compared voxel by voxel before it can be downloaded.
      </p>
      <div className={classes["formats"]}>
        {exportFormats.map((format) => (
          <Button
            key={format.value}
            variant="default"
            loading={create.isPending && create.variables.format === format.value}
            onClick={() =>
              create.mutate({ releaseId: release.id, format: format.value as ExportFormat })
            }
          >
            Export as {format.label}
          </Button>
        ))}
      </div>
      {problem && <ErrorNotice message={sentenceOf(problem)} />}
      <ul className={classes["exports"]}>
        {exports.data?.map((row) => (
          <ExportLine key={row.id} row={row} />
        ))}
      </ul>
    </section>
  );
}
