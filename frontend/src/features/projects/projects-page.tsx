import { Button, Skeleton } from "@mantine/core";
import { IconFolderPlus, IconPlus } from "@tabler/icons-react";
import { Link } from "react-router";

import { useProjectCounts } from "@/api/requests/project-counts";
import { useProjects } from "@/api/requests/projects";
import { sentenceOf } from "@/api/sentence";
import type { Project } from "@/api/types";
import { EmptyPlace } from "@/components/empty-place";
import { ErrorNotice } from "@/components/error-notice";
import { PageHead } from "@/components/page-head";
import { StackedBar } from "@/components/stacked-bar";
import surfaces from "@/components/surfaces.module.css";
import { plural } from "@/lib/format";
import { nameOfRole } from "@/lib/roles";

import classes from "./projects.module.css";

/** Every project the person is part of. */
export function ProjectsPage() {
  const projects = useProjects();
  return (
    <div className={surfaces["page"]}>
      <PageHead title="Projects">
        <Button component={Link} to="/projects/new" leftSection={<IconPlus size={17} />}>
          New project
        </Button>
      </PageHead>
      {projects.isError && (
        <ErrorNotice message={sentenceOf(projects.error)} onRetry={() => void projects.refetch()} />
      )}
      {projects.isPending && <Skeleton height={132} radius={8} />}
      {projects.data?.length === 0 && <NoProjects />}
      <ul className={classes["cards"]}>
        {projects.data?.map((project) => (
          <ProjectCard key={project.id} project={project} />
        ))}
      </ul>
    </div>
  );
}

function ProjectCard({ project }: { readonly project: Project }) {
  const counts = useProjectCounts(project.id);
  const segments = project.schema.document.segments.filter((segment) => !segment.retired);
  return (
    <li>
      <Link to={`/projects/${project.id}`} className={classes["card"] ?? ""}>
        <h2 dir="auto">{project.name}</h2>
        <p>
          {[
            plural(project.unit_count, "task", "tasks"),
            plural(project.member_count, "person", "people"),
            project.my_role && `you: ${nameOfRole(project.my_role)}`,
          ]
            .filter(Boolean)
            .join(" · ")}
        </p>
        <StackedBar counts={counts ?? {}} withLegend />
        {project.next_step && <p className={classes["nextStep"]}>{project.next_step.sentence}</p>}
        <ul className={classes["swatches"]} aria-label="Segments">
          {segments.slice(0, 8).map((segment) => (
            <li key={segment.id}>
              <i style={{ background: segment.color }} aria-hidden="true" />
              <bdi>{segment.name}</bdi>
            </li>
          ))}
          {segments.length > 8 && <li>and {segments.length - 8} more</li>}
        </ul>
      </Link>
    </li>
  );
}

function NoProjects() {
  return (
    <EmptyPlace
      icon={IconFolderPlus}
      title="No project yet"
      action={
        <Button component={Link} to="/projects/new">
          New project
        </Button>
      }
    >
      A project says what to label, in which studies, and who does it. Making one takes a minute:
      name, labels, studies, people.
    </EmptyPlace>
  );
}
