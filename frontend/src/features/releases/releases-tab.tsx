import { Button, Skeleton } from "@mantine/core";
import { IconBox } from "@tabler/icons-react";
import { useState } from "react";

import { may } from "@/api/project-permissions";
import { useProjectReleases } from "@/api/requests/project-releases";
import { sentenceOf } from "@/api/sentence";
import type { Project } from "@/api/types";
import { EmptyPlace } from "@/components/empty-place";
import { ErrorNotice } from "@/components/error-notice";

import { NewReleaseForm } from "./new-release-form";
import { ReleaseList } from "./release-list";
import classes from "./releases.module.css";

/** The project's frozen sets, and the way to make one. */
export function ReleasesTab({ project }: { readonly project: Project }) {
  const releases = useProjectReleases(project.id);
  const [isMaking, setMaking] = useState(false);
  const mayRelease = may(project, "release");
  const start = mayRelease && !isMaking && (
    <Button onClick={() => setMaking(true)}>New release</Button>
  );
  const isEmpty = releases.data?.length === 0;
  return (
    <div className={classes["stack"]}>
      {releases.isError && (
        <ErrorNotice message={sentenceOf(releases.error)} onRetry={() => void releases.refetch()} />
      )}
      {releases.isPending && <Skeleton height={160} radius={8} />}
      {!isEmpty && <div>{start}</div>}
      {isMaking && <NewReleaseForm project={project} onDone={() => setMaking(false)} />}
      {isEmpty && !isMaking && (
        <EmptyPlace icon={IconBox} title="No release yet" action={start}>
          A release freezes the finished work of today under a checksum, split by patient. Training
          and exports are made from releases, so that what was learned from stays known.
        </EmptyPlace>
      )}
      {releases.data && <ReleaseList releases={releases.data} />}
    </div>
  );
}
