import { type ChildProcess, spawn } from "node:child_process";
import { limits } from "../config/limits.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { endWithParent } from "./end-with-parent.ts";
import { createOutputRing, type OutputRing } from "./output-ring.ts";
import { httpGet, pollUntil, portAccepts } from "./readiness.ts";

/**
 * A child process that cannot get lost: its last output is kept, every wait on it is bounded and
 * fails with that output, and it ends when this process ends, however this process ends.
 */
export interface Child {
  readonly name: string;
  readonly pid: number;
  readonly running: boolean;
  /** Resolves once the process is gone; never rejects. */
  readonly exited: Promise<ChildExit>;
  /** The last output, stdout and stderr in the order of arrival. */
  logs(): string;
  /** Resolves with the first line that matches, among those kept and those to come. */
  waitForLine(pattern: RegExp, timeoutMs: number): Promise<Result<string, string>>;
  waitForPort(host: string, port: number, timeoutMs: number): Promise<Result<true, string>>;
  /** Waits for status 200. */
  waitForHttp(url: string, timeoutMs: number): Promise<Result<true, string>>;
  /** False when the process is gone. */
  signal(signal: NodeJS.Signals): boolean;
  /** TERM, then KILL after `graceMs` (default `limits.dev.childStopMs`). */
  stop(graceMs?: number): Promise<ChildExit>;
  /** KILL at once. */
  kill(): Promise<ChildExit>;
}

export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** For messages; default: the command. */
  readonly name?: string;
  /** Laid over the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Its whole standard input: for what must not stand among the arguments, which others can read. */
  readonly input?: string;
  /** Called for each line of output, for a process whose log is shown live. */
  readonly onLine?: (line: string) => void;
}

/** Fails, with the reason, when the command cannot be started at all. */
export async function startChild(options: ChildOptions): Promise<Result<Child, string>> {
  const name = options.name ?? options.command;
  const spawned = spawn(options.command, [...options.args], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    // A session of its own: Ctrl-C in the terminal reaches serin only, which then stops its
    // children in order.
    detached: true,
  });
  // At once: this process may be killed while it waits for the child to be up.
  const release = spawned.pid === undefined ? () => undefined : endWithParent(spawned.pid);
  // A child that ends, or cannot be started, reads nothing: what it gets is no error of ours.
  spawned.stdin.on("error", () => undefined);
  spawned.stdin.end(options.input ?? "");
  const ring = createOutputRing(limits.dev.outputLines, limits.dev.outputLineChars);
  if (options.onLine !== undefined) ring.onLine(options.onLine);
  for (const stream of [spawned.stdout, spawned.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (chunk: string) => ring.write(chunk));
  }
  const started = await new Promise<string | undefined>((resolve) => {
    spawned.once("spawn", () => resolve(undefined));
    spawned.once("error", (error) => resolve(error.message));
  });
  const { pid } = spawned;
  if (started !== undefined || pid === undefined) {
    return err(`cannot start ${name}: ${started ?? "no process id"}`);
  }
  // A signal that cannot be delivered is reported here; there is nothing left to do about it.
  spawned.on("error", () => undefined);
  return ok(wrap(name, pid, spawned, ring, release));
}

function wrap(
  name: string,
  pid: number,
  spawned: ChildProcess,
  ring: OutputRing,
  release: () => void,
): Child {
  let exit: ChildExit | undefined;
  const exited = new Promise<ChildExit>((resolve) => {
    // "close" comes after the last output; a grandchild that keeps the pipes open must not delay us.
    const finish = (code: number | null, signal: NodeJS.Signals | null): void => {
      exit ??= { code, signal };
      release();
      resolve(exit);
    };
    spawned.once("close", finish);
    spawned.once("exit", (code, signal) => {
      exit = { code, signal };
      setTimeout(() => finish(code, signal), limits.dev.readyPollMs);
    });
    if (spawned.exitCode !== null || spawned.signalCode !== null) {
      finish(spawned.exitCode, spawned.signalCode);
    }
  });

  const logs = (): string => ring.lines().join("\n");
  const ended = (): boolean => exit !== undefined;
  const failure = (waitedFor: string, timeoutMs: number): Result<never, string> => {
    const why =
      exit === undefined
        ? `is not ready after ${timeoutMs} ms`
        : `ended (${exit.signal ?? `code ${exit.code}`})`;
    return err(`${name} ${why}; waited for ${waitedFor}. Its last output:\n${logs() || "(none)"}`);
  };
  const polled = async (
    ask: () => Promise<boolean>,
    waitedFor: string,
    timeoutMs: number,
  ): Promise<Result<true, string>> => {
    const outcome = await pollUntil(ask, ended, timeoutMs);
    if (outcome === "yes") return ok(true);
    if (outcome === "ended") await exited;
    return failure(waitedFor, timeoutMs);
  };
  const signal = (wanted: NodeJS.Signals): boolean => exit === undefined && spawned.kill(wanted);

  return {
    name,
    pid,
    get running() {
      return exit === undefined;
    },
    exited,
    logs,
    waitForLine: async (pattern, timeoutMs) => {
      const line = await firstLine(ring, pattern, exited, timeoutMs);
      return line === undefined ? failure(`a line like ${pattern}`, timeoutMs) : ok(line);
    },
    waitForPort: (host, port, timeoutMs) =>
      polled(() => portAccepts(host, port), `port ${host}:${port}`, timeoutMs),
    waitForHttp: (url, timeoutMs) =>
      polled(async () => (await httpGet(url)).status === 200, `200 from ${url}`, timeoutMs),
    signal,
    stop: (graceMs = limits.dev.childStopMs) => {
      signal("SIGTERM");
      // A process that a test has paused would not see TERM.
      signal("SIGCONT");
      const timer = setTimeout(() => signal("SIGKILL"), graceMs);
      return exited.finally(() => clearTimeout(timer));
    },
    kill: () => {
      signal("SIGKILL");
      return exited;
    },
  };
}

/** The first matching line; undefined when the time is over or the process is gone. */
function firstLine(
  ring: OutputRing,
  pattern: RegExp,
  exited: Promise<ChildExit>,
  timeoutMs: number,
): Promise<string | undefined> {
  const known = ring.lines().find((line) => pattern.test(line));
  if (known !== undefined) return Promise.resolve(known);
  return new Promise((resolve) => {
    const finish = (line: string | undefined): void => {
      clearTimeout(timer);
      unsubscribe();
      resolve(line);
    };
    const timer = setTimeout(() => finish(undefined), timeoutMs);
    const unsubscribe = ring.onLine((line) => {
      if (pattern.test(line)) finish(line);
    });
    void exited.then(() => finish(ring.lines().find((line) => pattern.test(line))));
  });
}
