import { Button, Skeleton } from "@mantine/core";
import { IconFileDescription } from "@tabler/icons-react";
import { Link, useParams } from "react-router";

import { useProject } from "@/api/requests/project";
import { useRelease } from "@/api/requests/release";
import { sentenceOf } from "@/api/sentence";
import type { Release } from "@/api/types";
import { ErrorNotice } from "@/components/error-notice";
import { PageHead } from "@/components/page-head";
import surfaces from "@/components/surfaces.module.css";

import { ReleaseExports } from "./release-exports";
import { ReleaseFacts } from "./release-facts";
import { ReleaseSegments } from "./release-segments";
import classes from "./releases.module.css";

/** One release, read like a datasheet. */
export function ReleasePage() {
  const { releaseId = "" } = useParams();
  const release = useRelease(releaseId);
  return (
    <div className={surfaces["page"]}>
      {release.isError && (
        <>
          <PageHead title="Release" />
          <ErrorNotice message={sentenceOf(release.error)} onRetry={() => void release.refetch()} />
        </>
      )}
      {release.isPending && <Skeleton height={400} radius={8} />}
      {release.data && <Loaded release={release.data} />}
    </div>
  );
}

function Loaded({ release }: { readonly release: Release }) {
  const project = useProject(release.project_id);
  return (
    <>
      <PageHead
        title={release.name || `Release ${release.number}`}
        beside={
          <Link className={classes["crumb"] ?? ""} to={`/projects/${release.project_id}/releases`}>
            {project.data?.name ?? "Project"}, release {release.number}
          </Link>
        }
      >
        <Button
          component="a"
          href={release.manifest_url}
          variant="default"
          leftSection={<IconFileDescription size={17} />}
        >
          Manifest
        </Button>
      </PageHead>
      <div className={classes["sheet"]}>
        <ReleaseFacts release={release} />
        <ReleaseSegments release={release} />
        <ReleaseExports release={release} />
      </div>
    </>
  );
}
