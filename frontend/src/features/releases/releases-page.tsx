import { Button, Skeleton } from "@mantine/core";
import { IconBox } from "@tabler/icons-react";
import { useQueries } from "@tanstack/react-query";
import { Link } from "react-router";

import { projectReleasesQuery } from "@/api/requests/project-releases";
import { useProjects } from "@/api/requests/projects";
import { sentenceOf } from "@/api/sentence";
import { EmptyPlace } from "@/components/empty-place";
import { ErrorNotice } from "@/components/error-notice";
import { PageHead } from "@/components/page-head";
import surfaces from "@/components/surfaces.module.css";

import { ReleaseList } from "./release-list";

/** Releases of every project the person may see. */
export function ReleasesPage() {
  const projects = useProjects();
  const answers = useQueries({
    queries: (projects.data ?? []).map((project) => projectReleasesQuery(project.id)),
  });
  const releases = answers
    .flatMap((answer) => answer.data ?? [])
    .sort((one, other) => other.created_at.localeCompare(one.created_at));
  const isPending = projects.isPending || answers.some((answer) => answer.isPending);
  const names = new Map(projects.data?.map((project) => [project.id, project.name]));
  return (
    <div className={surfaces["page"]}>
      <PageHead title="Releases" />
      {projects.isError && (
        <ErrorNotice message={sentenceOf(projects.error)} onRetry={() => void projects.refetch()} />
      )}
      {isPending && <Skeleton height={200} radius={8} />}
      {!isPending && releases.length === 0 && (
        <EmptyPlace
          icon={IconBox}
          title="No release yet"
          action={
            <Button component={Link} to="/projects">
              See the projects
            </Button>
          }
        >
          A release is a frozen, checksummed set of finished work. It is made in a project, under
          Releases.
        </EmptyPlace>
      )}
      <ReleaseList releases={releases} projectNames={names} />
    </div>
  );
}
