import { ActionIcon, Button, CopyButton, Progress, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy, IconDownload } from "@tabler/icons-react";

import type { ExportRow } from "@/api/types";
import { formatBytes } from "@/lib/format";
import { sentenceOfJob } from "@/lib/job-words";

import { nameOfFormat, sentenceOfProof } from "./export-words";
import classes from "./releases.module.css";

/** One export: its progress, its proof, and how to fetch it. */
export function ExportLine({ row }: { readonly row: ExportRow }) {
  const isWorking = row.job !== null && ["queued", "sent", "running"].includes(row.job.state);
  return (
    <li>
      <strong>{nameOfFormat(row.format)}</strong>
      <span className={classes["exportState"]}>
        {row.proof ? (
          <>
            <IconCheck size={16} stroke={2} color="var(--limn-good)" aria-hidden />
            {sentenceOfProof(row.proof)}
          </>
        ) : (
          row.job && sentenceOfJob(row.job)
        )}
        {isWorking && row.job && (
          <Progress w={160} size={4} value={row.job.progress * 100} aria-label="Progress" />
        )}
      </span>
      <span>{row.proof && formatBytes(row.size)}</span>
      {row.download_url && row.proof && <Fetch row={row} url={row.download_url} />}
    </li>
  );
}

function Fetch({ row, url }: { readonly row: ExportRow; readonly url: string }) {
  return (
    <span className={classes["fetch"]}>
      {row.command && (
        <CopyButton value={row.command}>
          {({ copied, copy }) => (
            <Tooltip label={copied ? "Copied" : "Copy the command that fetches it"}>
              <ActionIcon size={30} aria-label="Copy the command that fetches it" onClick={copy}>
                {copied ? <IconCheck size={17} /> : <IconCopy size={17} stroke={1.6} />}
              </ActionIcon>
            </Tooltip>
          )}
        </CopyButton>
      )}
      <Button
        component="a"
        href={url}
        size="compact-md"
        leftSection={<IconDownload size={16} />}
        download
      >
        Download
      </Button>
    </span>
  );
}
