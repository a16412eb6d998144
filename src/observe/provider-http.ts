/**
 * One GET that answers JSON, bounded in time and bytes. Redirects are not followed: a figure comes from
 * where people said, or not at all. An error names the place by its origin alone: path and query may hold a
 * token, and the authority a password.
 */
import { limits } from "../config/limits.ts";
import type { Clock } from "../lib/clock.ts";
import { parsedJson } from "../lib/parsed-json.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { decoded, withoutSecretsOf } from "../lib/url-secrets.ts";

/** How a question is put. */
export interface Asking {
  readonly clock: Pick<Clock, "wallMs">;
  /** An abort ends it. */
  readonly signal: AbortSignal;
  /** So does the end of this time. */
  readonly answerMs: number;
}

export interface JsonAnswer {
  readonly status: number;
  /** Whatever the status is; undefined: it is no JSON. */
  readonly json: unknown;
  /** How long a cache had kept it (`Age`), ms. https://www.rfc-editor.org/rfc/rfc9111#field.age */
  readonly ageMs: number;
}

/** Undefined where `text` is no URL of http or https. */
export function webUrl(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.protocol === "http:" || url.protocol === "https:" ? url : undefined;
}

export async function getJson(
  url: URL,
  { signal, answerMs }: Asking,
): Promise<Result<JsonAnswer, string>> {
  const overdue = AbortSignal.timeout(answerMs);
  const { origin: place } = url;
  try {
    const response = await fetch(withoutCredentials(url), {
      redirect: "manual",
      headers: { accept: "application/json", ...authorization(url) },
      signal: AbortSignal.any([signal, overdue]),
    });
    const { status, headers } = response;
    if (status >= 300 && status < 400) {
      await response.body?.cancel();
      return err(`${place} answers ${status}, a redirect, which is not followed`);
    }
    const text = await boundedText(response);
    if (text === undefined) {
      return err(`the answer of ${place} is longer than ${limits.provider.answerBytes} bytes`);
    }
    return ok({ status, json: parsedJson(text), ageMs: secondsMs(headers.get("age")) });
  } catch (error) {
    if (signal.aborted) return err(`the question to ${place} was given up`);
    if (overdue.aborted) return err(`${place} did not answer within ${answerMs} ms`);
    return err(`${place} does not answer: ${withoutSecretsOf(url, causeOf(error))}`);
  }
}

/** Fetch takes no URL with credentials. */
export function withoutCredentials(url: URL): URL {
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  return bare;
}

export function authorization({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === "" && password === "") return {};
  const pair = `${decoded(username)}:${decoded(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString("base64")}` };
}

/** Undefined where it is too long; the rest is not read then. */
async function boundedText({ body }: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > limits.provider.answerBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

const secondsMs = (text: string | null): number =>
  text !== null && /^\d{1,10}$/.test(text) ? Number(text) * 1_000 : 0;

/** Fetch says only "fetch failed"; its cause says why. */
export function causeOf(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { message?: string } };
  return cause?.message || message || "no reason given";
}
