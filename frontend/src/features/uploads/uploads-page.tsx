import { Button, FileButton } from "@mantine/core";
import { IconFiles, IconFolderOpen, IconUpload } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { Link } from "react-router";

import { useSession } from "@/api/requests/session";
import { PageHead } from "@/components/page-head";
import surfaces from "@/components/surfaces.module.css";

import { collectPicked } from "./dropped-files";
import { PolicyChoice } from "./policy-choice";
import { RecentRuns } from "./recent-runs";
import { UploadList } from "./upload-list";
import type { UploadQueue } from "./upload-queue";
import { UploadSummary } from "./upload-summary";
import classes from "./uploads.module.css";
import { useUploadQueue } from "./uploads-store";
import { useWatchReading } from "./watch-reading";

/** Images in: choose or drop, and see each file's fate. */
export function UploadsPage() {
  const queue = useUploadQueue();
  useWatchReading(queue);
  useRefreshStudies(queue);
  const isEmpty = queue.items.length === 0;
  return (
    <div className={surfaces["fill"]}>
      <PageHead title="Upload">{!isEmpty && <Pickers queue={queue} />}</PageHead>
      {isEmpty ? (
        <>
          <div className={classes["zone"]}>
            <IconUpload size={34} stroke={1.3} aria-hidden />
            <h2>Drop files, folders or archives here</h2>
            <p>
              DICOM is stored as it is; NIfTI, NRRD, MetaImage, pictures and films are converted.
              Every file is kept bit for bit. A broken connection is waited out; the same files
              chosen again go on where they stopped.
            </p>
            <Pickers queue={queue} />
            <PolicyChoice queue={queue} />
            <SourcesHint />
          </div>
          <RecentRuns />
        </>
      ) : (
        <>
          <UploadSummary queue={queue} />
          <UploadList queue={queue} />
        </>
      )}
    </div>
  );
}

/** Files that come again and again need nobody to bring them. */
function SourcesHint() {
  const session = useSession();
  if (!session.data?.user?.is_admin) return null;
  return (
    <p>
      Folders, scanners and archives bring theirs by themselves:{" "}
      <Link to="/admin/sources">Sources</Link>.
    </p>
  );
}

function Pickers({ queue }: { readonly queue: UploadQueue }) {
  return (
    <div className={classes["pickers"]}>
      <FileButton multiple onChange={(files) => void queue.add(collectPicked(files))}>
        {(props) => (
          <Button {...props} variant="default" leftSection={<IconFiles size={17} />}>
            Choose files
          </Button>
        )}
      </FileButton>
      <FolderButton queue={queue} />
    </div>
  );
}

function FolderButton({ queue }: { readonly queue: UploadQueue }) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.setAttribute("webkitdirectory", ""), []);
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label="Folder to upload"
        onChange={(event) => {
          if (event.currentTarget.files) void queue.add(collectPicked(event.currentTarget.files));
          event.currentTarget.value = "";
        }}
      />
      <Button leftSection={<IconFolderOpen size={17} />} onClick={() => input.current?.click()}>
        Choose a folder
      </Button>
    </>
  );
}

/** New studies appear on the other pages as soon as something was stored. */
function useRefreshStudies(queue: UploadQueue): void {
  const client = useQueryClient();
  const stored = queue.counts.stored + queue.counts.converted;
  useEffect(() => {
    if (stored > 0) void client.invalidateQueries({ queryKey: ["studies"] });
  }, [client, stored]);
}
