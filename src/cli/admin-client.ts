/** Calls of serin's admin API by the command line. */
import type { Command } from "commander";
import { type ApiFailure, type Client, createClient } from "../api/client.ts";
import type { DiagnosticJson } from "../api/problem.ts";
import { clientLimits } from "../config/client-limits.ts";
import { err, type Result } from "../lib/result.ts";
import { accessHint, adminFetch } from "./admin-access.ts";
import type { CliContext } from "./context.ts";
import { exitCodes } from "./context.ts";
import { flag, httpUrl } from "./flags.ts";
import { plainText } from "./table.ts";

export interface AdminFlags {
  readonly admin: string;
}

export const adminFlag = () =>
  flag("--admin <url>", "SERIN_ADMIN", "serin's admin API", {
    fallback: "http://127.0.0.1:18001",
    parse: httpUrl,
  });

/** Status 0: there was no answer. */
export interface AdminFailure {
  readonly status: number;
  readonly detail: string;
  /** The answer's other members. */
  readonly members: Readonly<Record<string, unknown>>;
}

/** Asks the server that `--admin` names: `fromAdmin(command, (api) => api.call("GET /v1/proxies"))`. */
export async function fromAdmin<T>(
  command: Command,
  ask: (api: Client) => Promise<Result<T, ApiFailure>>,
): Promise<Result<T, AdminFailure>> {
  const { admin } = command.opts<AdminFlags>();
  const answer = await ask(createClient({ base: admin, fetch: adminFetch(command) }));
  return answer.ok ? answer : err(failureFor(admin, answer.error));
}

function failureFor(admin: string, failure: ApiFailure): AdminFailure {
  switch (failure.kind) {
    case "problem":
      return { ...failure, detail: failure.detail + accessHint(failure.status) };
    case "notSerin":
      return notSerin(admin, failure.what);
    case "noAnswer":
      return without(`no answer from ${admin}: ${reasonOf(failure.cause)}`);
  }
}

/** First line of what `GET /readyz` says; undefined where it is not serin that answers. */
export async function askReadiness(
  command: Command,
): Promise<{ readonly ready: boolean; readonly text: string } | undefined> {
  const { admin } = command.opts<AdminFlags>();
  const send = adminFetch(command);
  try {
    const signal = AbortSignal.timeout(clientLimits.answerMs);
    const response = await send(`${admin}/readyz`, { signal });
    const [text = ""] = (await response.text()).split("\n", 1);
    return /^(?:not )?ready\b/.test(text) ? { ready: response.ok, text } : undefined;
  } catch {
    return undefined;
  }
}

/** The failure where something else answers at the address. */
export const notSerin = (admin: string, what: string): AdminFailure =>
  without(`${admin} is not serin's admin API: ${what}; name it with --admin`);

const without = (detail: string): AdminFailure => ({ status: 0, detail, members: {} });

/** fetch says only "fetch failed"; its cause says why. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as {
    message?: string;
    cause?: { message?: string; code?: string };
  };
  const text = cause?.message || message || String(error);
  // What a server of HTTP/2 without TLS does to a request of HTTP/1.
  const isOther = cause?.code === "UND_ERR_SOCKET" || cause?.code?.startsWith("HPE_") === true;
  return isOther ? `${text}; is it the admin port, not the one for xDS?` : text;
}

/** Tells a failure with the diagnostics that came with it. */
export function tellFailure(context: CliContext, { detail, members }: AdminFailure): number {
  context.io.stderr(`serin: ${plainText(detail)}\n`);
  tellDiagnostics(context, (members["diagnostics"] ?? []) as readonly Told[]);
  return exitCodes.failed;
}

type Told = Pick<DiagnosticJson, "path" | "message">;

/** A line for each, under what they are about. */
export function tellDiagnostics(context: CliContext, told: readonly Told[], mark = "  "): void {
  for (const { path, message } of told) {
    context.io.stderr(plainText(`${mark}${path === "" ? "" : `${path}: `}${message}`).concat("\n"));
  }
}
