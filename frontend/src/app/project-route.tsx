import { Skeleton, Tabs } from "@mantine/core";
import type { ReactNode } from "react";
import { useNavigate, useParams } from "react-router";

import { useLiveTopics } from "@/api/live";
import { may } from "@/api/project-permissions";
import { useProject } from "@/api/requests/project";
import { sentenceOf } from "@/api/sentence";
import type { Project } from "@/api/types";
import { ErrorNotice } from "@/components/error-notice";
import { PageHead } from "@/components/page-head";
import surfaces from "@/components/surfaces.module.css";
import { ModelTab } from "@/features/models/model-tab";
import { OverviewTab } from "@/features/progress/overview-tab";
import { ProjectHeader } from "@/features/projects/project-header";
import { InstructionsTab } from "@/features/projects/tabs/instructions-tab";
import { PeopleTab } from "@/features/projects/tabs/people-tab";
import { SchemaTab } from "@/features/projects/tabs/schema-tab";
import { SettingsTab } from "@/features/projects/tabs/settings-tab";
import { TasksTab } from "@/features/projects/tabs/tasks-tab";
import { ReleasesTab } from "@/features/releases/releases-tab";

interface TabEntry {
  readonly value: string;
  readonly label: string;
  readonly isOpen: (project: Project) => boolean;
  readonly render: (project: Project) => ReactNode;
}

const always = () => true;

const tabs: readonly TabEntry[] = [
  {
    value: "overview",
    label: "Overview",
    isOpen: (project) => may(project, "view_progress"),
    render: (project) => <OverviewTab project={project} />,
  },
  {
    value: "tasks",
    label: "Tasks",
    isOpen: always,
    render: (project) => <TasksTab project={project} />,
  },
  {
    value: "people",
    label: "People",
    isOpen: always,
    render: (project) => <PeopleTab project={project} />,
  },
  {
    value: "schema",
    label: "Schema",
    isOpen: always,
    render: (project) => <SchemaTab key={project.schema.number} project={project} />,
  },
  {
    value: "instructions",
    label: "Instructions",
    isOpen: always,
    render: (project) => <InstructionsTab project={project} />,
  },
  {
    value: "model",
    label: "Model",
    isOpen: always,
    render: (project) => <ModelTab project={project} />,
  },
  {
    value: "releases",
    label: "Releases",
    isOpen: always,
    render: (project) => <ReleasesTab project={project} />,
  },
  {
    value: "settings",
    label: "Settings",
    isOpen: (project) => may(project, "edit"),
    render: (project) => <SettingsTab project={project} />,
  },
];

/** A project: its header, and what the features show of it in tabs. */
export function ProjectRoute() {
  const { projectId = "" } = useParams();
  const project = useProject(projectId);
  useLiveTopics([`project:${projectId}`]);
  return (
    <div className={surfaces["page"]}>
      {project.isError && (
        <>
          <PageHead title="Project" />
          <ErrorNotice message={sentenceOf(project.error)} onRetry={() => void project.refetch()} />
        </>
      )}
      {project.isPending && <Skeleton height={520} radius={8} />}
      {project.data && <ProjectPage project={project.data} />}
    </div>
  );
}

function ProjectPage({ project }: { readonly project: Project }) {
  const navigate = useNavigate();
  const open = tabs.filter((entry) => entry.isOpen(project));
  const { tab } = useParams();
  const current = open.find((entry) => entry.value === tab) ?? open[0];
  return (
    <>
      <ProjectHeader project={project} />
      <Tabs
        value={current?.value ?? null}
        onChange={(value) => void navigate(`/projects/${project.id}/${value ?? ""}`)}
        keepMounted={false}
      >
        <Tabs.List mb="lg">
          {open.map((entry) => (
            <Tabs.Tab key={entry.value} value={entry.value}>
              {entry.label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {open.map((entry) => (
          <Tabs.Panel key={entry.value} value={entry.value}>
            {entry.render(project)}
          </Tabs.Panel>
        ))}
      </Tabs>
    </>
  );
}
