import { Skeleton } from "@mantine/core";

import { useHome } from "@/api/requests/home";
import { sentenceOf } from "@/api/sentence";
import type { Home } from "@/api/types";
import { ErrorNotice } from "@/components/error-notice";
import surfaces from "@/components/surfaces.module.css";
import { formatCount, formatDuration } from "@/lib/format";

import { NextTaskCard } from "./next-task-card";
import { NothingToDo } from "./nothing-to-do";
import { ReviewCard } from "./review-card";
import { TaskLines } from "./task-lines";
import classes from "./work.module.css";

/** The annotator's home: one large thing to do, and quiet news below it. */
export function WorkPage() {
  const home = useHome();
  return (
    <div className={surfaces["page"]} style={{ maxWidth: 1080 }}>
      <title>Work · Limn</title>
      <h1 className={classes["title"]}>Work</h1>
      {home.isError && (
        <ErrorNotice message={sentenceOf(home.error)} onRetry={() => void home.refetch()} />
      )}
      {home.isPending && <Skeleton height={272} radius={10} />}
      {home.data && <Loaded home={home.data} />}
    </div>
  );
}

function Loaded({ home }: { readonly home: Home }) {
  return (
    <>
      {home.next_hint ? (
        <NextTaskCard hint={home.next_hint} projects={home.projects} />
      ) : (
        <NothingToDo home={home} />
      )}
      <ReviewCard projects={home.projects} />
      <dl className={classes["figures"]}>
        <div>
          <dt>Submitted today</dt>
          <dd>{formatCount(home.today.submitted)}</dd>
        </div>
        <div>
          <dt>Median time on a task</dt>
          <dd>{formatDuration(home.today.median_seconds)}</dd>
        </div>
        <div>
          <dt>Returned to you</dt>
          <dd>{formatCount(home.returned.length)}</dd>
        </div>
      </dl>
      <div className={classes["columns"]}>
        <TaskLines
          title="Returned, with the reviewer's words"
          tasks={home.returned}
          empty="Nothing came back. A reviewer's remarks would stand here."
        />
        <TaskLines
          title="Recent"
          tasks={home.recent}
          empty="What you worked on appears here, to look at again."
        />
      </div>
    </>
  );
}
