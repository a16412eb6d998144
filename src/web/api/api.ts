/** Requests to the admin API: every answer is a value, or a problem that can be shown. */
import type { Diagnostic } from "./shapes.ts";

export interface Problem {
  /** 0: there was no answer. */
  readonly status: number;
  /** The last word of the problem's type: `precondition-failed`. */
  readonly code: string;
  readonly detail: string;
  readonly diagnostics: readonly Diagnostic[];
}

export type Answer<T> =
  | { readonly ok: true; readonly value: T; readonly etag: string | null }
  | { readonly ok: false; readonly problem: Problem };

export interface Sent {
  readonly body?: unknown;
  /** Of what was read: the write holds only if nobody wrote since. */
  readonly ifMatch?: string | undefined;
  /** Nothing may be there. */
  readonly ifNoneMatch?: "*" | undefined;
  readonly signal?: AbortSignal;
}

export interface Api {
  get<T>(path: string, signal?: AbortSignal): Promise<Answer<T>>;
  put<T>(path: string, sent?: Sent): Promise<Answer<T>>;
  /** The stream of events. */
  events(signal: AbortSignal): Promise<Response>;
}

/** `denied`: called where the server wants a token, or another one. */
export function createApi(token: () => string | undefined, denied: () => void): Api {
  const headers = (): Record<string, string> => {
    const known = token();
    return known === undefined ? {} : { authorization: `Bearer ${known}` };
  };
  const send = async <T>(method: string, path: string, sent: Sent): Promise<Answer<T>> => {
    const { body, ifMatch, ifNoneMatch, signal } = sent;
    const init: RequestInit = {
      method,
      headers: {
        ...headers(),
        accept: "application/json",
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(ifMatch !== undefined && { "if-match": ifMatch }),
        ...(ifNoneMatch !== undefined && { "if-none-match": ifNoneMatch }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
      cache: "no-store",
    };
    const response = await fetch(path, init).catch(() => undefined);
    if (response === undefined) return { ok: false, problem: noAnswer };
    if (response.status === 401) denied();
    if (!response.ok) return { ok: false, problem: await problemOf(response) };
    const value = (await response.json().catch(() => null)) as T;
    return { ok: true, value, etag: response.headers.get("etag") };
  };
  return {
    get: (path, signal) => send("GET", path, signal === undefined ? {} : { signal }),
    put: (path, sent = {}) => send("PUT", path, sent),
    events: (signal) =>
      fetch("/v1/events", {
        headers: { ...headers(), accept: "text/event-stream" },
        signal,
        cache: "no-store",
      }),
  };
}

const noAnswer: Problem = { status: 0, code: "no-answer", detail: "", diagnostics: [] };

async function problemOf(response: Response): Promise<Problem> {
  const said = (await response.json().catch(() => ({}))) as {
    readonly type?: string;
    readonly detail?: string;
    readonly diagnostics?: readonly Diagnostic[];
  };
  return {
    status: response.status,
    code: said.type?.split(":").at(-1) ?? "",
    detail: said.detail ?? "",
    diagnostics: said.diagnostics ?? [],
  };
}
