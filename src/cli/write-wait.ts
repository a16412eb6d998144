/**
 * What commands that write have in common: their flags, and how they tell what was written. With `--wait`
 * programs get one document, in the end, of what was written and of what became of it at the proxies.
 */
import { type Command, InvalidArgumentError, type Option } from "commander";
import { limits } from "../config/limits.ts";
import { type AdminFailure, adminFlag, tellFailure } from "./admin-client.ts";
import { authorFlags } from "./author.ts";
import { type CliContext, exitCodes } from "./context.ts";
import { directStore } from "./direct-store.ts";
import { duration, flag, integerFrom, usageError } from "./flags.ts";
import { storeFlags } from "./store-flags.ts";
import { formatted, type OutputFlags, outputFlag } from "./table.ts";
import { fileFlag } from "./validate-input.ts";
import { type Waited, waited } from "./waited.ts";

interface WaitFlags extends OutputFlags {
  readonly wait?: boolean;
}

/** Of every command that writes and can wait. */
export const writeFlags = (): readonly Option[] => [
  outputFlag(),
  flag("--wait", "SERIN_WAIT", "wait until every connected proxy has accepted it"),
  flag("--timeout <duration>", "SERIN_TIMEOUT", "how long --wait waits", {
    fallback: `${limits.admin.waitMs / 1_000}s`,
    parse: waitTime,
  }),
  flag("--min-proxies <n>", "SERIN_MIN_PROXIES", "proxies --wait needs; 0: none is fine too", {
    fallback: 1,
    parse: integerFrom(0, 1_000_000),
  }),
  ...authorFlags(),
  adminFlag(),
  ...storeFlags(),
];

/** Of those that take files. */
export const fileWriteFlags = (): readonly Option[] => [
  fileFlag("file, folder, or - for standard input; may be repeated"),
  ...writeFlags(),
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

/** What a write of one service came to. */
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
  const { revision } = answer;
  const outcome = await waited(command, context, { key, revision, began });
  const whole = { ...answer, wait: outcome.json };
  context.io.stdout(formatted(output, whole, () => outcome.line ?? ""));
  return outcome.code;
}

/** Tells that nothing of a service was written. Returns the exit code. */
export function tellNotWritten(
  command: Command,
  context: CliContext,
  service: string,
  failure: AdminFailure,
): number {
  const code = tellFailure(context, failure);
  tellDocument(command, context, { service, failures: failuresJson([failure]), wait: null });
  return code;
}

/** What was done to objects, one by one. */
export interface ToldObjects {
  readonly done: readonly { readonly key: string; readonly revision: number }[];
  /** Keys that were to go, and are not there. */
  readonly absent?: readonly string[];
  /** Why it went no further. */
  readonly failures: readonly AdminFailure[];
  /** For people. */
  readonly table: () => string;
  readonly began: number;
  /** It was not only tried. */
  readonly isWritten: boolean;
}

/** Tells it, and waits for the last of them where that is asked for. Returns the exit code. */
export async function tellObjects(
  command: Command,
  context: CliContext,
  { done, absent = [], failures, table, began, isWritten }: ToldObjects,
): Promise<number> {
  const { output, wait = false } = command.opts<WaitFlags>();
  const isDocument = wait && output !== "table";
  if (!isDocument && done.length > 0) context.io.stdout(formatted(output, done, table));
  for (const failure of failures) tellFailure(context, failure);
  const last = Math.max(0, ...done.map(({ revision }) => revision));
  const key = done.find(({ revision }) => revision === last)?.key ?? "";
  let outcome: Waited | undefined;
  if (wait && failures.length === 0 && isWritten && last > 0) {
    outcome = await waited(command, context, { key, revision: last, began });
    if (!isDocument) context.io.stdout(outcome.line ?? "");
  }
  tellDocument(command, context, {
    objects: done,
    ...(absent.length > 0 && { absent }),
    ...(failures.length > 0 && { failures: failuresJson(failures) }),
    wait: outcome?.json ?? null,
  });
  return failures.length > 0 ? exitCodes.failed : (outcome?.code ?? exitCodes.done);
}

function tellDocument(command: Command, { io }: CliContext, document: object): void {
  const { output, wait } = command.opts<WaitFlags>();
  if (wait === true) io.stdout(formatted(output, document, () => ""));
}

const failuresJson = (failures: readonly AdminFailure[]): readonly object[] =>
  failures.map(({ detail, members }) => ({ ...members, detail }));
