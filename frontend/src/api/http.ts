import { Problem, problemFrom, Unreachable } from "./problem";

type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

interface CallOptions {
  readonly query?: Query;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  readonly keepalive?: boolean;
}

type SignedOutListener = () => void;

const signedOutListeners = new Set<SignedOutListener>();

/** Be told when the server no longer knows this session. */
export function onSignedOut(listener: SignedOutListener): () => void {
  signedOutListeners.add(listener);
  return () => signedOutListeners.delete(listener);
}

export function get<T>(path: string, options: CallOptions = {}): Promise<T> {
  return call<T>("GET", path, options);
}

export function post<T>(path: string, body: unknown = {}, signal?: AbortSignal): Promise<T> {
  return call<T>("POST", path, signal ? { body, signal } : { body });
}

/** A POST that is carried out even when the page is being left; its body must be small. */
export function postForSure<T>(path: string, body: unknown): Promise<T> {
  return call<T>("POST", path, { body, keepalive: true });
}

export function put<T>(path: string, body: unknown): Promise<T> {
  return call<T>("PUT", path, { body });
}

export function patch<T>(path: string, body: unknown): Promise<T> {
  return call<T>("PATCH", path, { body });
}

export function del<T = void>(path: string): Promise<T> {
  return call<T>("DELETE", path, {});
}

async function call<T>(method: string, path: string, options: CallOptions): Promise<T> {
  const response = await send(method, `${path}${queryString(options.query)}`, options);
  if (response.status === 401) for (const listener of signedOutListeners) listener();
  if (!response.ok) throw await problemFrom(response);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

async function send(method: string, url: string, options: CallOptions): Promise<Response> {
  const headers = new Headers({ Accept: "application/json" });
  if (method !== "GET") headers.set("X-CSRFToken", csrfToken());
  const init: RequestInit = { method, headers, credentials: "same-origin" };
  if (options.signal) init.signal = options.signal;
  if (options.keepalive) init.keepalive = true;
  if (options.body !== undefined) {
    headers.set("Content-Type", "application/json");
    init.body = JSON.stringify(options.body);
  }
  try {
    return await fetch(url, init);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Unreachable();
  }
}

/** The token Django left in its cookie; every change must repeat it. */
export function csrfToken(): string {
  return /(?:^|;\s*)csrftoken=([^;]*)/.exec(document.cookie)?.[1] ?? "";
}

function queryString(query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") params.set(name, String(value));
  }
  const text = params.toString();
  return text ? `?${text}` : "";
}

/** Whether asking again may help: no answer, or a fault on the server's side. */
export function isWorthRetrying(error: unknown): boolean {
  return !(error instanceof Problem) || error.status >= 500 || error.status === 429;
}
