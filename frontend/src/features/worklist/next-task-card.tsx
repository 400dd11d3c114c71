import { Button, Kbd, Select } from "@mantine/core";
import { useCallback, useEffect, useState } from "react";
import { useNavigate, useSearchParams } from "react-router";

import { useProjectCounts } from "@/api/requests/project-counts";
import { useTakeNextTask } from "@/api/requests/take-next-task";
import { sentenceOf } from "@/api/sentence";
import type { Home } from "@/api/types";
import { ErrorNotice } from "@/components/error-notice";
import { StackedBar } from "@/components/stacked-bar";
import { Thumbnail } from "@/components/thumbnail";
import { WhyLine } from "@/components/why-line";
import { plural } from "@/lib/format";

import classes from "./work.module.css";

interface NextTaskCardProps {
  readonly hint: NonNullable<Home["next_hint"]>;
  readonly projects: Home["projects"];
}

/** The most useful open task, its picture, why it was chosen, and one button. */
export function NextTaskCard({ hint, projects }: NextTaskCardProps) {
  const [projectId, setProjectId] = useState(hint.project_id);
  const { open, isPending, problem } = useOpenNext(projectId);
  const chosen = projects.find((project) => project.id === projectId);
  const isHinted = projectId === hint.project_id;
  const why = hint.why ?? hint.task.why;
  return (
    <section className={classes["next"]} aria-label="Next task">
      <Thumbnail
        src={isHinted ? hint.task.thumbnail_url : null}
        alt={`Middle slice of ${hint.task.label}`}
        width={272}
        height={272}
      />
      <div className={classes["nextWords"]}>
        <ProjectChoice projects={projects} value={projectId} onChange={setProjectId} />
        <p className={classes["nextLabel"]} dir="auto">
          {isHinted ? hint.task.label : "The most useful open task"}
        </p>
        {isHinted && <Reason sentence={why?.sentence} />}
        <ProjectBar projectId={projectId} />
        <div className={classes["nextAction"]}>
          <Button
            size="lg"
            loading={isPending}
            rightSection={<Kbd className={classes["onAccent"] ?? ""}>N</Kbd>}
            onClick={open}
          >
            Next task
          </Button>
          {chosen && <span>{plural(chosen.open_count, "task open", "tasks open")}</span>}
        </div>
        {problem && <ErrorNotice message={problem} />}
      </div>
    </section>
  );
}

function Reason({ sentence }: { readonly sentence: string | undefined }) {
  if (sentence) return <WhyLine sentence={sentence} />;
  return (
    <span className={classes["noReason"]}>
      No model has looked at this one yet, so tasks come in their order.
    </span>
  );
}

/** Take the next task and go there; `?next` in the address does it at once. */
function useOpenNext(projectId: string) {
  const navigate = useNavigate();
  const take = useTakeNextTask();
  const [params, setParams] = useSearchParams();
  const { mutate } = take;
  const open = useCallback(() => {
    mutate(projectId, {
      onSuccess: ({ task_open }) => {
        if (task_open) void navigate(`/work/${task_open.task.id}`);
      },
    });
  }, [mutate, navigate, projectId]);
  const isAsked = params.has("next");
  useEffect(() => {
    if (!isAsked) return;
    setParams({}, { replace: true });
    open();
  }, [isAsked, open, setParams]);
  const refused = take.data && take.data.task_open === null ? take.data.reason : null;
  return {
    open,
    isPending: take.isPending,
    problem: take.error ? sentenceOf(take.error) : refused,
  };
}

function ProjectBar({ projectId }: { readonly projectId: string }) {
  return <StackedBar counts={useProjectCounts(projectId) ?? {}} withLegend />;
}

interface ProjectChoiceProps {
  readonly projects: Home["projects"];
  readonly value: string;
  readonly onChange: (id: string) => void;
}

function ProjectChoice({ projects, value, onChange }: ProjectChoiceProps) {
  const only = projects.length < 2 ? projects[0] : null;
  if (only) return <span className={classes["projectName"]}>{only.name}</span>;
  return (
    <Select
      aria-label="Project"
      size="xs"
      w={260}
      allowDeselect={false}
      data={projects.map((project) => ({ value: project.id, label: project.name }))}
      value={value}
      onChange={(id) => id && onChange(id)}
    />
  );
}
