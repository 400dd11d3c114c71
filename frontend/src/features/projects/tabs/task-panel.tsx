import { Button, TextInput } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import { may } from "@/api/project-permissions";
import { useReopenTask } from "@/api/requests/reopen-task";
import { useReviewTask } from "@/api/requests/review-task";
import { sentenceOf } from "@/api/sentence";
import type { Project, Task } from "@/api/types";
import { ErrorNotice } from "@/components/error-notice";
import classes from "../projects.module.css";

interface TaskPanelProps {
  readonly task: Task;
  readonly project: Project;
}

/** What may be done about the chosen task. */
export function TaskPanel({ task, project }: TaskPanelProps) {
  const review = useReviewTask();
  const reopen = useReopenTask();
  const [reason, setReason] = useState("");
  const problem = review.error ?? reopen.error;
  const mayReview = may(project, "review");
  const isWaiting = task.state === "submitted" || task.state === "in_review";
  const isClosed = ["accepted", "skipped", "problem"].includes(task.state);
  const target = { id: task.id, projectId: project.id };
  return (
    <section className={classes["taskPanel"]} aria-label={`Actions for ${task.label}`}>
      <strong dir="auto">{task.label}</strong>
      <Button component={Link} to={`/work/${task.id}`} size="compact-md" variant="default">
        Open
      </Button>
      {mayReview && isWaiting && (
        <>
          <Button
            size="compact-md"
            loading={review.isPending}
            onClick={() => review.mutate({ ...target, verdict: "accept" })}
          >
            Accept
          </Button>
          <TextInput
            size="xs"
            w={280}
            aria-label="What should be changed"
            placeholder="What should be changed"
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <Button
            size="compact-md"
            variant="default"
            disabled={!reason.trim()}
            onClick={() => review.mutate({ ...target, verdict: "return", reason: reason.trim() })}
          >
            Return
          </Button>
        </>
      )}
      {may(project, "manage_tasks") && isClosed && (
        <Button
          size="compact-md"
          variant="default"
          loading={reopen.isPending}
          onClick={() => reopen.mutate(target)}
        >
          Put back on the list
        </Button>
      )}
      {problem && <ErrorNotice message={sentenceOf(problem)} />}
    </section>
  );
}
