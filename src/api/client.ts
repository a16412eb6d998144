/**
 * Calls of the admin API, for the command line and for the page alike: neither zod nor anything of Node's
 * at run time. `client.call("GET /v1/weights/{service}", { params: { service: "web" } })`.
 */
import { clientLimits } from "../config/client-limits.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Answered, Call, Sent } from "./calls.ts";

export interface ClientOptions {
  /** `http://127.0.0.1:18001`; empty for the page, which asks where it came from. */
  readonly base: string;
  /** Bearer token. */
  readonly token?: string | undefined;
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

export type ApiFailure =
  /** Why it was not done. */
  | {
      readonly kind: "problem";
      readonly status: number;
      readonly detail: string;
      /** All members of the answer. */
      readonly members: Readonly<Record<string, unknown>>;
    }
  /** Something else answers there: what it does. */
  | { readonly kind: "notSerin"; readonly what: string }
  /** There was no whole answer. */
  | { readonly kind: "noAnswer"; readonly cause: unknown };

export interface How {
  /** Ends it early. */
  readonly signal?: AbortSignal;
  /** Longer than usual by this, ms: for what waits at the server. */
  readonly extraMs?: number;
  readonly accept?: string;
}

export interface TextAnswer {
  readonly text: string;
  readonly headers: Headers;
}

export interface JsonAnswer<T> {
  readonly value: T;
  readonly headers: Headers;
}

export interface Client {
  /** The answer's JSON. */
  call<C extends Call>(call: C, ...sent: Arguments<C>): Promise<Result<Answered<C>, ApiFailure>>;
  /** The answer's JSON, with its headers. */
  whole<C extends Call>(
    call: C,
    ...sent: Arguments<C>
  ): Promise<Result<JsonAnswer<Answered<C>>, ApiFailure>>;
  /** The answer as it is, with its headers. */
  text<C extends Call>(call: C, ...sent: Arguments<C>): Promise<Result<TextAnswer, ApiFailure>>;
  /** All pages of a list. */
  all<C extends Call>(call: C, ...sent: Arguments<C>): Promise<Result<Answered<C>, ApiFailure>>;
  /** The response as it comes, for as long as it lasts: for streams. It rejects where there is none. */
  open<C extends Call>(call: C, ...sent: Arguments<C>): Promise<Response>;
}

/** What is sent may be left out where nothing has to be. */
export type Arguments<C extends Call> =
  Record<never, never> extends Sent<C> ? [sent?: Sent<C>, how?: How] : [sent: Sent<C>, how?: How];

/** Any call's, for what does not look into it. */
interface AnySent {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export function createClient(options: ClientOptions): Client {
  const text = (call: Call, sent: AnySent = {}, how: How = {}) =>
    answerTo(options, methodOf(call), pathOf(call, sent), sent, how);
  const whole = async (call: Call, sent?: AnySent, how?: How) =>
    jsonOf(await text(call, sent, how), call);
  const client = {
    text,
    whole,
    call: async (call: Call, sent?: AnySent, how?: How) => {
      const answer = await whole(call, sent, how);
      return answer.ok ? ok(answer.value.value) : answer;
    },
    open: (call: Call, sent: AnySent = {}, how: How = {}) =>
      request(options, methodOf(call), pathOf(call, sent), sent, how),
    all: (call: Call, sent: AnySent = {}, how: How = {}) => allPages(options, call, sent, how),
  };
  // The types of each call are those of its operation; one implementation serves them all.
  return client as unknown as Client;
}

const methodOf = (call: Call): string => call.slice(0, call.indexOf(" "));

function pathOf(call: Call, { params = {}, query = {} }: AnySent): string {
  const path = call
    .slice(call.indexOf(" ") + 1)
    .replaceAll(/\{(\w+)\}/g, (_, name: string) => segments(String(params[name])));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined) search.append(name, String(one));
    }
  }
  return search.size === 0 ? path : `${path}?${search}`;
}

const segments = (value: string): string => value.split("/").map(encodeURIComponent).join("/");

function request(
  { base, token, fetch: send = fetch }: ClientOptions,
  method: string,
  path: string,
  { headers, body }: AnySent,
  { signal, accept = "application/json" }: How,
): Promise<Response> {
  const bytes = body instanceof Uint8Array ? (body as Uint8Array<ArrayBuffer>) : undefined;
  return send(base + path, {
    method,
    ...(signal && { signal }),
    headers: {
      accept,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && bytes === undefined && { "content-type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { body: bytes ?? JSON.stringify(body) }),
  });
}

async function answerTo(
  options: ClientOptions,
  method: string,
  path: string,
  sent: AnySent,
  { signal, extraMs = 0, ...how }: How,
): Promise<Result<TextAnswer, ApiFailure>> {
  const overdue = AbortSignal.timeout(clientLimits.answerMs + extraMs);
  const ends = signal === undefined ? overdue : AbortSignal.any([signal, overdue]);
  try {
    const response = await request(options, method, path, sent, { ...how, signal: ends });
    const text = await response.text();
    return judged(response, text, `${method} ${path}`);
  } catch (cause) {
    return err({ kind: "noAnswer", cause });
  }
}

/** What an answer that has come says; one that is done is of JSON or YAML. */
export function judged(
  { ok: isDone, status, headers }: Response,
  text: string,
  what: string,
): Result<TextAnswer, ApiFailure> {
  const type = headers.get("content-type") ?? "without a content type";
  if (isDone && /\b(?:json|yaml)\b/.test(type)) return ok({ text, headers });
  const members = isDone ? undefined : problemIn(text);
  if (members === undefined) {
    return err({ kind: "notSerin", what: `${what} answers ${status} ${type}` });
  }
  const detail = String(members["detail"] ?? `status ${status}`);
  return err({ kind: "problem", status, detail, members });
}

function problemIn(text: string): Readonly<Record<string, unknown>> | undefined {
  const parsed = parse(text) as { readonly type?: unknown } | null | undefined;
  const isOurs = String(parsed?.type).startsWith("urn:serin:problem:");
  return isOurs ? (parsed as Readonly<Record<string, unknown>>) : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function jsonOf(
  answer: Result<TextAnswer, ApiFailure>,
  call: string,
): Result<JsonAnswer<unknown>, ApiFailure> {
  if (!answer.ok) return answer;
  const { text, headers } = answer.value;
  const value = parse(text);
  return value === undefined
    ? err({ kind: "notSerin", what: `${call} answers no JSON` })
    : ok({ value, headers });
}

async function allPages(
  options: ClientOptions,
  call: Call,
  sent: AnySent,
  how: How,
): Promise<Result<readonly unknown[], ApiFailure>> {
  const all: unknown[] = [];
  let path: string | undefined = pathOf(call, sent);
  for (let page = 0; path !== undefined && page < clientLimits.pages; page += 1) {
    const answer = await answerTo(options, methodOf(call), path, sent, how);
    const json = jsonOf(answer, call);
    if (!json.ok) return json;
    const { value, headers } = json.value;
    if (!Array.isArray(value)) return err({ kind: "notSerin", what: `${call} answers no list` });
    all.push(...(value as readonly unknown[]));
    path = nextOf(headers);
  }
  return ok(all);
}

/** Where a list goes on that does not end here. https://www.rfc-editor.org/rfc/rfc8288 */
export const nextOf = (headers: Headers): string | undefined =>
  /<([^>]*)>;\s*rel="next"/.exec(headers.get("link") ?? "")?.[1];
