const verbs: Readonly<Record<string, string>> = {
  "annotation.proposal_written": "wrote a proposal",
  "annotation.reopened": "opened labels again",
  "annotation.restored": "went back to earlier labels",
  "annotation.revision_saved": "saved labels",
  "annotation.submitted": "submitted labels",
  "export.proven": "proved an export",
  "export.requested": "asked for an export",
  "ingest.finished": "finished a delivery",
  "ingest.opened": "began a delivery",
  "job.cancelled": "stopped a job",
  "job.retried": "started a job again",
  "member.removed": "took somebody out of a project",
  "member.set": "gave somebody a role",
  "model.activated": "activated a model",
  "model.added": "added a model",
  "model.retired": "retired a model",
  "model.trained": "finished a training",
  "project.changed": "changed a project",
  "project.created": "made a project",
  "release.created": "froze a release",
  "schema.saved": "saved a schema",
  "session.signed_in": "signed in",
  "session.signed_out": "signed out",
  "source.added": "added a source",
  "source.changed": "changed a source",
  "source.removed": "removed a source",
  "source.run": "looked at a source",
  "study.frames_opened": "opened the images of a study",
  "task.assigned": "assigned tasks",
  "task.problem": "reported a problem",
  "task.reopened": "opened a task again",
  "task.review_accept": "accepted a task",
  "task.review_corrected": "corrected and accepted a task",
  "task.review_fix": "began to correct a task",
  "task.review_return": "returned a task",
  "task.skipped": "skipped a task",
  "token.created": "made an API token",
  "token.revoked": "took an API token back",
  "training.started": "started a training",
  "units.added": "added studies to a project",
  "user.changed": "changed a person",
  "user.created": "added a person",
  "user.password_changed": "changed a password",
};

/** What happened, in words; a verb without words of its own is read aloud. */
export function wordsOfVerb(verb: string): string {
  return verbs[verb] ?? verb.replace(/[._]/g, " ");
}

/** The kinds of events one may ask for: the beginnings of their verbs. */
export const auditKinds = [
  { value: "", label: "All" },
  { value: "session.", label: "Sign-ins" },
  { value: "user.", label: "People" },
  { value: "project.", label: "Projects" },
  { value: "task.", label: "Tasks" },
  { value: "study.", label: "Images opened" },
  { value: "ingest.", label: "Deliveries" },
  { value: "source.", label: "Sources" },
  { value: "model.", label: "Models" },
  { value: "release.", label: "Releases" },
  { value: "export.", label: "Exports" },
] as const;

/** Details as they were noted: names and plain values, never patient data. */
export function wordsOfDetails(details: Readonly<Record<string, unknown>>): string {
  return Object.entries(details)
    .map(([name, value]) => `${name.replaceAll("_", " ")}: ${written(value)}`)
    .join(", ");
}

function written(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
