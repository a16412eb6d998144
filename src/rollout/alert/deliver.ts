/** One attempt to deliver an alert: bounded in time and bytes, and silent about secrets. */
import { limits } from "../../config/limits.ts";
import { type Clock, systemClock } from "../../lib/clock.ts";
import { withoutSecretsOf } from "../../lib/url-secrets.ts";
import { refusalIn } from "./answer.ts";
import type { PendingAlert } from "./message.ts";
import { alertRequest } from "./request.ts";

export type Fetch = typeof fetch;

export interface DeliverySurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock;
  readonly fetch?: Fetch;
}

/** Undefined: it has arrived. Otherwise why not, in one sentence without a secret. */
export async function deliver(
  alert: PendingAlert,
  surroundings: DeliverySurroundings,
  stop: AbortSignal,
): Promise<string | undefined> {
  const { env, clock = systemClock, fetch: post = fetch } = surroundings;
  const { url, format, secretEnv } = alert.webhook;
  const secret = secretEnv === undefined ? undefined : env[secretEnv];
  if (secretEnv !== undefined && !secret) {
    return `the environment variable ${secretEnv}, which has the key of the signature, is not set`;
  }
  const overdue = new AbortController();
  const cancel = clock.after(limits.alerts.attemptMs, () => overdue.abort());
  try {
    const request = alertRequest(alert, secret, clock.wallMs());
    const response = await post(request.url, {
      method: "POST",
      headers: request.headers,
      body: request.body,
      // The alert is for whom the operator named, and for nobody that they name.
      redirect: "manual",
      signal: AbortSignal.any([stop, overdue.signal]),
    });
    // Before it is cut: half a secret is one too.
    const answer = withoutSecretsOf(new URL(url), await startOf(response), secret ?? "");
    return refusalIn(format, response.status, answer);
  } catch (error) {
    if (overdue.signal.aborted) return `no answer within ${limits.alerts.attemptMs} ms`;
    return withoutSecretsOf(new URL(url), reasonOf(error), secret ?? "");
  } finally {
    cancel();
  }
}

/** Where it goes, as logs may say it: paths and queries of webhooks are secrets. */
export function destinationOf({ webhook }: PendingAlert): string {
  const host = URL.canParse(webhook.url) ? new URL(webhook.url).host : "nowhere";
  return `${webhook.format} at ${host}`;
}

async function startOf(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return "";
  const chunks: Uint8Array[] = [];
  for (let bytes = 0; bytes < limits.alerts.answerBytes; ) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks).toString();
    chunks.push(value);
    bytes += value.byteLength;
  }
  await reader.cancel();
  return Buffer.concat(chunks).subarray(0, limits.alerts.answerBytes).toString();
}

/** fetch says only "fetch failed"; its cause says why. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { message?: string } };
  return cause?.message || message || String(error);
}
