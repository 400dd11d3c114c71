import { Link } from "react-router";

import type { Task } from "@/api/types";
import { StateChip } from "@/components/state-chip";
import surfaces from "@/components/surfaces.module.css";
import { Thumbnail } from "@/components/thumbnail";
import { formatAgo } from "@/lib/format";

import classes from "./work.module.css";

interface TaskLinesProps {
  readonly title: string;
  readonly tasks: readonly Task[];
  readonly empty: string;
}

/** A few tasks, each a link, with the words that came with them. */
export function TaskLines({ title, tasks, empty }: TaskLinesProps) {
  return (
    <section aria-label={title}>
      <h2 className={surfaces["panelTitle"]}>{title}</h2>
      {tasks.length === 0 && <p className={classes["quiet"]}>{empty}</p>}
      <ul className={classes["lines"]}>
        {tasks.map((task) => (
          <li key={task.id}>
            <Link to={`/work/${task.id}`}>
              <Thumbnail src={task.thumbnail_url} alt="" width={40} height={40} />
              <span className={classes["lineWords"]}>
                <span dir="auto">{task.label}</span>
                {task.returned_reason && (
                  <span className={classes["remark"]}>
                    <q dir="auto">{task.returned_reason}</q>
                    {task.reviewer && <bdi> {task.reviewer.name}</bdi>}
                  </span>
                )}
              </span>
              <StateChip state={task.state} />
              <time dateTime={task.updated_at}>{formatAgo(task.updated_at)}</time>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
