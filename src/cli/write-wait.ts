/** What commands that write have in common: an answer at once, or with `--wait` after the proxies'. */
import { type Command, InvalidArgumentError, type Option } from "commander";
import type { WaitJson } from "../api/wait.ts";
import { limits } from "../config/limits.ts";
import { fromAdmin } from "./admin-client.ts";
import { type CliContext, exitCodes } from "./context.ts";
import { directStore } from "./direct-store.ts";
import { duration, flag, integerFrom, usageError } from "./flags.ts";
import { formatted, type OutputFlags } from "./table.ts";
import { withProgress } from "./wait-progress.ts";
import { tellBehind, tellStanding } from "./wait-text.ts";

interface WaitFlags extends OutputFlags {
  readonly wait?: boolean;
  readonly minProxies: number;
  readonly timeout: number;
}

export const waitFlags = (): readonly Option[] => [
  flag("--wait", "SERIN_WAIT", "wait until every connected proxy has accepted it"),
  flag("--timeout <duration>", "SERIN_TIMEOUT", "how long --wait waits", {
    fallback: `${limits.admin.waitMs / 1_000}s`,
    parse: waitTime,
  }),
  flag("--min-proxies <n>", "SERIN_MIN_PROXIES", "proxies --wait needs; 0: none is fine too", {
    fallback: 1,
    parse: integerFrom(0, 1_000_000),
  }),
];

function waitTime(text: string): number {
  const ms = duration(text);
  if (ms <= limits.admin.waitMaxMs) return ms;
  throw new InvalidArgumentError(`at most ${limits.admin.waitMaxMs / 1_000}s.`);
}

/** Ends the command, before anything is written, where the server could never tell. */
export function checkWait(command: Command): void {
  const { wait } = command.opts<WaitFlags>();
  if (wait === true && directStore(command)?.startsWith("etcd") === false) {
    usageError(command, "--wait needs revisions that the server shares: etcd, or no --store");
  }
}

/** What a write came to. */
export interface Told {
  readonly key: string;
  /** For people. */
  readonly line: string;
  /** For programs. */
  readonly answer: { readonly service: string; readonly revision: number };
  /** When the command began, monotonic ms. */
  readonly began: number;
}

/** Tells it, and waits where that is asked for. Returns the exit code. */
export async function tellWritten(
  command: Command,
  context: CliContext,
  { key, line, answer, began }: Told,
): Promise<number> {
  const { output, wait } = command.opts<WaitFlags>();
  if (wait !== true) {
    context.io.stdout(formatted(output, answer, () => line));
    return exitCodes.done;
  }
  if (output === "table") context.io.stdout(line);
  const applied = await accepted(command, context, key, answer.revision);
  if (typeof applied === "number") return applied;
  const { proxies, replicas, standing } = applied;
  const ms = Math.round(performance.now() - began);
  const whole = { ...answer, proxies, replicas, ms, ...(standing.length > 0 && { standing }) };
  context.io.stdout(formatted(output, whole, () => acceptedLine(applied, ms)));
  return exitCodes.done;
}

/** Waits for all that was written; tells those who read the table. Returns the exit code. */
export async function waitForAll(
  command: Command,
  context: CliContext,
  done: readonly { readonly key: string; readonly revision: number }[],
  began: number,
): Promise<number> {
  const { output, wait } = command.opts<WaitFlags>();
  const last = done.reduce((most, one) => (one.revision > most.revision ? one : most), {
    key: "",
    revision: 0,
  });
  if (wait !== true || last.revision === 0) return exitCodes.done;
  const applied = await accepted(command, context, last.key, last.revision);
  if (typeof applied === "number") return applied;
  const line = acceptedLine(applied, Math.round(performance.now() - began));
  if (output === "table") context.io.stdout(line);
  return exitCodes.done;
}

/** A number is the exit code of a wait that was in vain, and is told. */
async function accepted(
  command: Command,
  context: CliContext,
  key: string,
  revision: number,
): Promise<WaitJson | number> {
  const { timeout, minProxies } = command.opts<WaitFlags>();
  const asked = { revision, minProxies };
  const applied = await withProgress(command, context, asked, () =>
    fromAdmin(command, (api) =>
      api.call("GET /v1/wait", { query: { ...asked, timeoutMs: timeout } }, { extraMs: timeout }),
    ),
  );
  if (!applied.ok) return tellBehind(context, applied.error);
  tellStanding(context, key, applied.value);
  return applied.value;
}

function acceptedLine({ proxies, replicas }: WaitJson, ms: number): string {
  const count = proxies === 1 ? "1 proxy" : `${proxies} proxies`;
  const where = replicas === 1 ? "" : ` of ${replicas} replicas`;
  return `accepted by ${count}${where} in ${ms} ms\n`;
}
