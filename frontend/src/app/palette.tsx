import { Modal } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { Spotlight, spotlight } from "@mantine/spotlight";
import { IconCommand, IconFolders, IconSearch, IconStack2, IconTarget } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useMatch, useNavigate } from "react-router";

import { get, post } from "@/api/http";
import { useProjects } from "@/api/requests/projects";
import type { Page, Study, Task } from "@/api/types";
import type { Command } from "./commands";
import classes from "./palette.module.css";

export function openPalette(): void {
  spotlight.open();
}

/** Search of studies, projects, tasks and commands, from anywhere. */
export function Palette({ commands }: { readonly commands: readonly Command[] }) {
  const [words, setWords] = useState("");
  const [search] = useDebouncedValue(words.trim(), 150);
  const groups = useFindings(search);
  const matching = commands.filter((command) => holds(command.label, words));
  const isEmpty = matching.length === 0 && groups.every((group) => group.items.length === 0);
  return (
    <Spotlight.Root
      query={words}
      onQueryChange={setWords}
      shortcut="mod + K"
      scrollable
      maxHeight={420}
      transitionProps={{ duration: 80 }}
      overlayProps={{ blur: 0, backgroundOpacity: 0.6 }}
      classNames={{ content: classes["content"] ?? "", action: classes["action"] ?? "" }}
    >
      <Modal.Title component="h1" className={classes["title"] ?? ""}>
        Search and commands
      </Modal.Title>
      <Spotlight.Search
        placeholder="Search studies, projects, tasks, or type a command"
        aria-label="Search studies, projects, tasks and commands"
        leftSection={<IconSearch size={18} stroke={1.6} />}
      />
      <Spotlight.ActionsList>
        {groups.map((group) =>
          group.items.length > 0 ? (
            <Spotlight.ActionsGroup key={group.label} label={group.label}>
              {group.items.map((item) => (
                <Spotlight.Action
                  key={item.id}
                  label={item.label}
                  description={item.description}
                  leftSection={group.icon}
                  onClick={item.run}
                />
              ))}
            </Spotlight.ActionsGroup>
          ) : null,
        )}
        {matching.length > 0 && (
          <Spotlight.ActionsGroup label="Commands">
            {matching.map((command) => (
              <Spotlight.Action
                key={command.id}
                label={command.label}
                leftSection={<IconCommand size={18} stroke={1.6} />}
                rightSection={<span style={{ color: "var(--limn-dim)" }}>{command.key}</span>}
                onClick={command.run}
              />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {isEmpty && <Spotlight.Empty>Nothing here goes by that name.</Spotlight.Empty>}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}

interface Finding {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly run: () => void;
}

interface FindingGroup {
  readonly label: string;
  readonly icon: ReactNode;
  readonly items: readonly Finding[];
}

function useFindings(search: string): readonly FindingGroup[] {
  const navigate = useNavigate();
  const projects = useProjects();
  const studies = useFoundStudies(search);
  const tasks = useFoundTasks(search);
  const found = projects.data?.filter((project) => search && holds(project.name, search)) ?? [];
  return [
    {
      label: "Projects",
      icon: <IconFolders size={18} stroke={1.6} />,
      items: found.slice(0, 5).map((project) => ({
        id: `project:${project.id}`,
        label: project.name,
        description: "Project",
        run: () => void navigate(`/projects/${project.id}`),
      })),
    },
    {
      label: "Studies",
      icon: <IconStack2 size={18} stroke={1.6} />,
      items: studies.map((study) => ({
        id: `study:${study.id}`,
        label: study.description || study.patient.patient_id,
        description: `${study.patient.patient_id} · ${study.modalities.join(", ")}`,
        run: () => void navigate(`/studies?study=${study.id}`),
      })),
    },
    {
      label: "Tasks of this project",
      icon: <IconTarget size={18} stroke={1.6} />,
      items: tasks.map((task) => ({
        id: `task:${task.id}`,
        label: task.label,
        description: task.state.replace("_", " "),
        run: () => void navigate(`/work/${task.id}`),
      })),
    },
  ];
}

function useFoundStudies(search: string): readonly Study[] {
  const query = useQuery({
    queryKey: ["palette", "studies", search],
    queryFn: ({ signal }) =>
      post<Page<Study>>("/api/v1/studies/search", { filter: { search } }, signal),
    enabled: search.length > 1,
  });
  return query.data?.results.slice(0, 6) ?? [];
}

function useFoundTasks(search: string): readonly Task[] {
  const projectId = useMatch("/projects/:projectId/*")?.params.projectId;
  const query = useQuery({
    queryKey: ["palette", "tasks", projectId, search],
    queryFn: ({ signal }) =>
      get<Page<Task>>(`/api/v1/projects/${projectId}/tasks`, { signal, query: { search } }),
    enabled: search.length > 1 && projectId !== undefined && projectId !== "new",
  });
  return query.data?.results.slice(0, 6) ?? [];
}

function holds(text: string, words: string): boolean {
  return text.toLocaleLowerCase().includes(words.trim().toLocaleLowerCase());
}
