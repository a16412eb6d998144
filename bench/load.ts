/** Runs the load generator, and reads the lines of figures that it prints. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type Child, startChild } from "../src/dev/child.ts";
import { unwrap } from "../test/support/binaries.ts";
import { buildLoadGenerator } from "./programs.ts";

export type Shape = "own" | "one" | "views";

/** Figures of one phase, by name; what they are stands with the phases in xdsload. */
export type Figures = Readonly<Record<string, number | string | boolean | readonly Sample[]>>;

export interface Sample {
  readonly atS: number;
  readonly rssKB: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** By phase: warm, change, churn, hold, reconnect, self. */
export type Phases = ReadonlyMap<string, Figures>;

export interface LoadOptions {
  /** `--name`, `value` and so on. */
  readonly flags: readonly string[];
  readonly timeoutMs: number;
}

export async function runLoad({ flags, timeoutMs }: LoadOptions): Promise<Phases> {
  const program = await buildLoadGenerator();
  const options = {
    timeout: timeoutMs,
    maxBuffer: 64 * 1024 * 1024,
    killSignal: "SIGKILL",
  } as const;
  const { stdout } = await promisify(execFile)(program, [...flags], options);
  const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
  return new Map(
    lines.map((line) => {
      const figures = JSON.parse(line) as Figures;
      return [String(figures["phase"]), figures];
    }),
  );
}

const hangReadyMs = 120_000;

/** Streams that do not read, until they are stopped. */
export async function startHanging(
  flags: readonly string[],
  how: "start" | "warm",
): Promise<Child> {
  const command = await buildLoadGenerator();
  const args = [...flags, "--never-read", how];
  const child = unwrap(await startChild({ name: "xdsload", command, args }));
  unwrap(await child.waitForLine(/^ready/, hangReadyMs));
  return child;
}

export const numberOf = (figures: Figures | undefined, name: string): number | undefined => {
  const value = figures?.[name];
  return typeof value === "number" ? value : undefined;
};
