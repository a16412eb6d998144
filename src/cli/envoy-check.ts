/** Asks a real Envoy, where one is at hand, whether it would take a configuration. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { limits } from "../config/limits.ts";
import { type FoundBinary, findEnvoy } from "../dev/binaries.ts";
import { systemProbes } from "../dev/binary-probes.ts";
import { startChild } from "../dev/child.ts";
import { withoutDump } from "../lib/rejection-text.ts";
import { err, ok, type Result } from "../lib/result.ts";

/** An Envoy that is here already: validating a file is no reason to download 37 MB. */
export const envoyAtHand = (): Promise<Result<FoundBinary, string>> =>
  findEnvoy({ ...systemProbes, download: async () => err("not asked for") });

/**
 * The error is what Envoy said. The configuration holds keys, so it is never an argument, which others
 * can read: it goes into a folder of ours, or to the standard input of Docker, which does not see it.
 */
export async function envoyAccepts(
  envoy: FoundBinary,
  bootstrap: object,
): Promise<Result<void, string>> {
  const input = JSON.stringify(bootstrap);
  if (envoy.how === "docker") return runEnvoy(envoy, "/dev/fd/0", input);
  const folder = await mkdtemp(join(tmpdir(), "serin-validate-"));
  try {
    const file = join(folder, "bootstrap.json");
    await writeFile(file, input, { mode: 0o600 });
    return await runEnvoy(envoy, file, "");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runEnvoy(
  envoy: FoundBinary,
  path: string,
  input: string,
): Promise<Result<void, string>> {
  const flags = ["--mode", "validate", "--disable-hot-restart", "--log-level", "error"];
  const args = [...envoy.args, ...flags, "--config-path", path];
  const child = await startChild({ name: "envoy", command: envoy.command, args, input });
  if (!child.ok) return child;
  const timer = setTimeout(() => void child.value.kill(), limits.cli.envoyValidateMs);
  const { code } = await child.value.exited;
  clearTimeout(timer);
  return code === 0 ? ok(undefined) : err(reasonIn(child.value.logs()));
}

/**
 * Envoy's last lines carry the reason; before them may stand warnings. Time, thread and source of
 * the log are left out, the name of the file, and what Envoy repeats of the configuration.
 */
export function reasonIn(logs: string): string {
  const lines = logs.trim().split("\n");
  const from = lines.findIndex((line) => /error initializing|\[error\]|\[critical\]/.test(line));
  if (from === -1) return withoutStart(lines);
  const told = lines.slice(from).map((line) => line.replace(logPrefix, ""));
  return withoutDump(told.join("\n").replace(fileName, "")).trim();
}

/** Of a log that lost its first lines, the last may be of any dump. */
function withoutStart(lines: readonly string[]): string {
  const isWhole = lines.length < limits.dev.outputLines;
  const text = lines.join("\n");
  return isWhole ? withoutDump(text).split("\n").slice(-5).join("\n") : withoutDump(`{${text}`);
}

const logPrefix = /^(?:\[[^\]]*\]){2,}(?: \[[^\]]*\])? */;
const fileName = /^error initializing configuration '[^']*': /;
