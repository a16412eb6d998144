/** What becomes of a write at the proxies, for people and for programs. */
import type { Command } from "commander";
import type { BehindJson, WaitJson } from "../api/wait.ts";
import { type AdminFailure, fromAdmin } from "./admin-client.ts";
import { type CliContext, exitCodes } from "./context.ts";
import { without } from "./direct-store.ts";
import { otherStore } from "./same-store.ts";
import { withProgress } from "./wait-progress.ts";
import { tellBehind, tellStanding } from "./wait-text.ts";

/** `unknown`: nobody has said whether proxies have it. */
type Outcome = "accepted" | "rejected" | "timedOut" | "unknown";

/** `wait` of the document. Counts are left out where there is no answer. */
interface WaitedJson {
  readonly outcome: Outcome;
  readonly revision: number;
  /** Since the command began. */
  readonly ms: number;
  readonly proxies?: number;
  readonly accepted?: number;
  readonly replicas?: number;
  /** Who has not accepted it. */
  readonly behind: readonly BehindJson[];
  /** Rejections from before. */
  readonly standing: readonly BehindJson[];
  readonly omitted: number;
  /** Why it is not `accepted`. */
  readonly detail?: string;
}

export interface Waited {
  readonly code: number;
  readonly json: WaitedJson;
  /** For people; undefined where what went wrong is told. */
  readonly line: string | undefined;
}

/** What was written: its key, or those of an undo, and its revision; `began`: of the command, monotonic ms. */
export interface ToWaitFor {
  readonly key: string;
  readonly revision: number;
  readonly began: number;
}

/** Waits, and says on standard error what people are to know of it. */
export async function waited(
  command: Command,
  context: CliContext,
  { key, revision, began }: ToWaitFor,
): Promise<Waited> {
  const { timeout, minProxies } = command.opts<{ timeout: number; minProxies: number }>();
  const asked = { revision, minProxies };
  const answer = await withProgress(command, context, asked, () =>
    fromAdmin(command, (api) =>
      api.call("GET /v1/wait", { query: { ...asked, timeoutMs: timeout } }, { extraMs: timeout }),
    ),
  );
  const ms = Math.round(performance.now() - began);
  if (!answer.ok) {
    const code = tellBehind(context, answer.error);
    return { code, json: inVain(answer.error, revision, ms), line: undefined };
  }
  const elsewhere = await otherStore(command, context, key.split(", ")[0] ?? "");
  if (elsewhere !== undefined) {
    const failure = without(elsewhere);
    return {
      code: tellBehind(context, failure),
      json: inVain(failure, revision, ms),
      line: undefined,
    };
  }
  tellStanding(context, key, answer.value);
  const { proxies, replicas, standing, omitted } = answer.value;
  const outcome = { outcome: "accepted", revision, ms } as const;
  const counts = { proxies, accepted: proxies, replicas };
  const json = { ...outcome, ...counts, behind: [], standing, omitted };
  return { code: exitCodes.done, json, line: acceptedLine(answer.value, ms) };
}

function inVain({ detail, members }: AdminFailure, revision: number, ms: number): WaitedJson {
  // Of the problem, what is said of proxies; its other members are about HTTP.
  const { type, title, status, instance, ...rest } = members;
  const none = { behind: [], standing: [], omitted: 0 };
  return { outcome: outcomes.get(type) ?? "unknown", revision, ms, ...none, ...rest, detail };
}

const outcomes: ReadonlyMap<unknown, Outcome> = new Map([
  ["urn:serin:problem:rejected", "rejected"],
  ["urn:serin:problem:not-applied", "timedOut"],
]);

function acceptedLine({ proxies, replicas }: WaitJson, ms: number): string {
  const count = proxies === 1 ? "1 proxy" : `${proxies} proxies`;
  const where = replicas === 1 ? "" : ` of ${replicas} replicas`;
  return `accepted by ${count}${where} in ${ms} ms\n`;
}
