import { Link } from "react-router";

import type { Task } from "@/api/types";
import surfaces from "@/components/surfaces.module.css";
import { Thumbnail } from "@/components/thumbnail";

import classes from "./progress.module.css";

/** The tasks that will be given out next, and why. */
export function QueueNext({ tasks }: { readonly tasks: readonly Task[] }) {
  return (
    <section
      className={`${surfaces["panel"]} ${classes["wide"]}`}
      aria-label="What does the queue hold next?"
    >
      <h2 className={surfaces["panelTitle"]}>What does the queue hold next?</h2>
      <p className={surfaces["panelHint"]}>In the order it is given out.</p>
      {tasks.length === 0 && <p className={classes["quiet"]}>No task is open.</p>}
      <ol className={classes["queue"]}>
        {tasks.map((task) => (
          <li key={task.id}>
            <Link to={`/work/${task.id}`}>
              <Thumbnail src={task.thumbnail_url} alt="" width={56} height={56} />
              <span>
                <strong dir="auto">{task.label}</strong>
                <small>{task.why?.sentence}</small>
              </span>
            </Link>
          </li>
        ))}
      </ol>
    </section>
  );
}
