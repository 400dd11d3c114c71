/** A refusal or failure as the server explains it (RFC 9457 problem document). */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(status: number, body: Readonly<Record<string, unknown>>) {
    const detail = text(body["detail"]) || text(body["title"]);
    super(detail || `The server answered ${status}.`);
    this.name = "Problem";
    this.status = status;
    this.code = text(body["code"]);
    this.detail = detail;
    this.extra = body;
  }
}

/** The request never got an answer: no network, or the server is away. */
export class Unreachable extends Error {
  constructor() {
    super("The server cannot be reached.");
    this.name = "Unreachable";
  }
}

/** Build a problem from any failed answer, also one that a proxy wrote as HTML. */
export async function problemFrom(response: Response): Promise<Problem> {
  try {
    const body: unknown = await response.json();
    return new Problem(response.status, isRecord(body) ? body : {});
  } catch {
    return new Problem(response.status, {});
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
