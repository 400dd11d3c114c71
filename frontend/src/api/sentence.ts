import { Problem, Unreachable } from "./problem";

/** What to say for codes whose meaning the reader should learn in our words. */
const byCode: Readonly<Record<string, string>> = {
  "session.wrong_credentials": "This e-mail and password do not match. Check both and try again.",
  "task.open_elsewhere": "This task is open somewhere else.",
  "annotation.revision_conflict":
    "Somebody saved this task meanwhile. Open it again to see both states.",
  "annotation.lock_lost":
    "Somebody else holds this task now. Your edits are kept on this computer.",
  "inference.too_few_cases": "There are too few submitted cases to train on yet.",
};

/** What a status means when the server gave no words of its own. */
const byStatus: Readonly<Record<number, string>> = {
  400: "The server could not read this request. Check the values and try again.",
  401: "Your session has ended. Sign in again to go on; nothing is lost.",
  403: "Your role does not allow this. Ask a manager of the project.",
  404: "This is not here, or not shared with you.",
  409: "This was changed meanwhile. Load it again and repeat your change.",
  413: "This is larger than the server accepts.",
  422: "The server refused these values. Check them and try again.",
  423: "Somebody else is working on this just now.",
  429: "Too many requests in a short time. Wait a minute and try again.",
  502: "The server is restarting. It usually takes a few seconds; try again.",
  503: "The server is not ready yet. It usually takes a few seconds; try again.",
  504: "The server took too long to answer. Try again.",
};

/**
 * Turn any failure into a sentence a person can act on.
 *
 * The server's own words win, except where a code is explained better here.
 */
export function sentenceOf(error: unknown): string {
  if (error instanceof Unreachable) {
    return "The server cannot be reached. Check the network; Limn keeps trying.";
  }
  if (error instanceof Problem) {
    return withFields(error, problemSentence(error));
  }
  if (error instanceof Error && error.message) return closed(error.message);
  return "This did not work, and no reason was given. Try again.";
}

function problemSentence(problem: Problem): string {
  if (problem.detail) return closed(problem.detail);
  return (
    byCode[problem.code] ??
    byStatus[problem.status] ??
    (problem.status >= 500
      ? "The server met a fault of its own while answering. What was stored is safe; try again."
      : "The server refused this. Check the values and try again.")
  );
}

/** Validation problems name their fields; put them behind the sentence. */
function withFields(problem: Problem, sentence: string): string {
  const errors = problem.extra["errors"];
  if (typeof errors !== "object" || errors === null) return sentence;
  const parts = Object.entries(errors).map(([field, value]) => {
    const words = Array.isArray(value) ? value.join(" ") : String(value);
    return `${field.replaceAll("_", " ")}: ${words}`;
  });
  return parts.length > 0 ? `${sentence} ${parts.join("; ")}` : sentence;
}

function closed(sentence: string): string {
  const trimmed = sentence.trim();
  return /[.!?…]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
