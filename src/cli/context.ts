import type { ServeConfig } from "../config/config.ts";
import type { Terminal } from "./terminal.ts";

/** Where a command writes. */
export interface CliIo {
  stdout(text: string): unknown;
  stderr(text: string): unknown;
  /** All of standard input, or the first `bytes` and one more. */
  stdin?(bytes: number): Promise<Uint8Array>;
  /** Behind `stdout` and `stderr`, where it is one; neither colours nor redrawn lines go elsewhere. */
  readonly outTerminal?: Terminal | undefined;
  readonly errTerminal?: Terminal | undefined;
  /** Ends commands that run until they are stopped; without it, SIGINT and SIGTERM do. */
  readonly stop?: AbortSignal;
}

export interface DevOptions {
  /** Where Envoy listens. */
  readonly port: number;
  /** The port was asked for: where it is taken, another one will not do. */
  readonly fixedPort: boolean;
  /** Seconds between two steps of the canary. */
  readonly stepSeconds: number;
  /** Ends by itself after so many steps; undefined: goes on until Ctrl-C. */
  readonly steps: number | undefined;
  /** Ends when the process that has started it does. */
  readonly endsWithParent: boolean;
  say(line: string): void;
}

/** What only the composition root can do; each returns an exit code. */
export interface CliRun {
  serve(config: ServeConfig): Promise<number>;
  dev(options: DevOptions): Promise<number>;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** 0 done, 1 refused or failed, 2 wrong usage, 3 timed out. */
export const exitCodes = { done: 0, failed: 1, usage: 2, timedOut: 3 } as const;

export interface CliContext {
  readonly io: CliIo;
  readonly env: Environment;
  readonly run: CliRun;
  /** Of the command that ran. */
  exitCode: number;
}

/** Says why a command failed. */
export function failed(context: CliContext, message: string): number {
  context.io.stderr(`serin: ${message}\n`);
  return exitCodes.failed;
}

/** Of commands that compare, as diff and kubectl diff end: docs/adr/0038-objects-one-by-one.md. */
export const comparisonCodes = { same: 0, different: 1, trouble: 2 } as const;

/** Says why a comparison failed. */
export function troubled(context: CliContext, message: string): number {
  failed(context, message);
  return comparisonCodes.trouble;
}
