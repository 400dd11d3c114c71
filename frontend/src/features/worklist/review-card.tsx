import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useNavigate } from "react-router";

import { useTakeNextReview } from "@/api/requests/take-next-review";
import { sentenceOf } from "@/api/sentence";
import type { Home } from "@/api/types";
import surfaces from "@/components/surfaces.module.css";
import { plural } from "@/lib/format";

import classes from "./work.module.css";

/** What waits for this person's verdict, project by project. */
export function ReviewCard({ projects }: Pick<Home, "projects">) {
  const waiting = projects.filter((project) => project.review_count > 0);
  if (waiting.length === 0) return null;
  return (
    <section className={classes["reviews"]} aria-label="Waiting for your review">
      <h2 className={surfaces["panelTitle"]}>Waiting for your review</h2>
      <ul>
        {waiting.map((project) => (
          <Waiting key={project.id} project={project} />
        ))}
      </ul>
    </section>
  );
}

function Waiting({ project }: { readonly project: Home["projects"][number] }) {
  const next = useTakeNextReview();
  const navigate = useNavigate();
  function open() {
    next.mutate(project.id, {
      onSuccess: ({ task_open, reason }) => {
        if (task_open) void navigate(`/work/${task_open.task.id}`);
        else notifications.show({ message: reason ?? "Nothing waits any more." });
      },
      onError: (error) => notifications.show({ message: sentenceOf(error), color: "red" }),
    });
  }
  return (
    <li>
      <bdi>{project.name}</bdi>
      <span>{plural(project.review_count, "task waits", "tasks wait")}</span>
      <Button
        size="compact-md"
        variant="default"
        loading={next.isPending}
        aria-label={`Review next in ${project.name}`}
        onClick={open}
      >
        Review next
      </Button>
    </li>
  );
}
