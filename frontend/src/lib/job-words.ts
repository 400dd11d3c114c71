const names: Readonly<Record<string, string>> = {
  train: "Training a model",
  predict: "Proposing and scoring",
  features: "Preparing smart click",
  prepare_model: "Preparing a model",
  "exports.write": "Writing an export",
  export: "Writing an export",
  ingest: "Reading uploaded files",
  "imaging.convert_run": "Converting files to DICOM",
  "imaging.form_grids": "Forming volumes",
  "imaging.ingest_upload": "Reading an uploaded archive",
  "imaging.run_source": "Looking at a source",
  "inference.dispatch_training": "Packing labels for training",
  "inference.rank_units": "Ordering the queue",
  "worklists.agreement": "Measuring agreement",
  "worklists.reorder": "Ordering the queue",
  "worklists.sync_tasks": "Making tasks",
};

interface JobLike {
  readonly state: string;
  readonly message: string;
  readonly error_detail: string | null;
}

/** A job's kind as people say it. */
export function nameOfJob(kind: string): string {
  return names[kind] ?? sentenceCase(kind.replace(/[._]/g, " "));
}

/** Where a job stands, in a sentence. */
export function sentenceOfJob(job: JobLike): string {
  switch (job.state) {
    case "queued":
    case "sent":
      return "Waiting for a worker.";
    case "running":
      return job.message || "Running.";
    case "succeeded":
      return job.message || "Done.";
    case "cancelled":
      return "Stopped.";
    case "lost":
      return "The worker went away and did not come back. Try again.";
    default:
      return job.error_detail || "It failed, and gave no reason. Look at the worker's log.";
  }
}

function sentenceCase(words: string): string {
  return words.charAt(0).toLocaleUpperCase() + words.slice(1);
}
