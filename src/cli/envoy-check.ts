/** Asks a real Envoy, where one is at hand, whether it would take a configuration. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { limits } from "../config/limits.ts";
import { type FoundBinary, findEnvoy } from "../dev/binaries.ts";
import { systemProbes } from "../dev/binary-probes.ts";
import { startChild } from "../dev/child.ts";
import { err, ok, type Result } from "../lib/result.ts";

/** An Envoy that is here already: validating a file is no reason to download 37 MB. */
export const envoyAtHand = (): Promise<Result<FoundBinary, string>> =>
  findEnvoy({ ...systemProbes, download: async () => err("not asked for") });

/** The error is what Envoy said. */
export async function envoyAccepts(
  envoy: FoundBinary,
  bootstrap: object,
): Promise<Result<void, string>> {
  const text = JSON.stringify(bootstrap);
  if (envoy.how !== "docker") return inFolder((folder) => checkFile(envoy, folder, text));
  // An Envoy in Docker does not see our files.
  if (text.length > limits.cli.envoyArgumentChars) {
    return err("too large to be given to an Envoy in Docker; name a file with SERIN_ENVOY");
  }
  return runEnvoy(envoy, ["--config-yaml", text]);
}

async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "serin-validate-"));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function checkFile(
  envoy: FoundBinary,
  folder: string,
  text: string,
): Promise<Result<void, string>> {
  const file = join(folder, "bootstrap.json");
  await writeFile(file, text);
  return runEnvoy(envoy, ["--config-path", file]);
}

async function runEnvoy(
  envoy: FoundBinary,
  config: readonly string[],
): Promise<Result<void, string>> {
  const flags = ["--mode", "validate", "--disable-hot-restart", "--log-level", "error"];
  const args = [...envoy.args, ...flags, ...config];
  const child = await startChild({ name: "envoy", command: envoy.command, args });
  if (!child.ok) return child;
  const timer = setTimeout(() => void child.value.kill(), limits.cli.envoyValidateMs);
  const { code } = await child.value.exited;
  clearTimeout(timer);
  return code === 0 ? ok(undefined) : err(reasonIn(child.value.logs()));
}

/**
 * Envoy's last lines carry the reason; before them may stand warnings. Time, thread and source of
 * the log are left out, and the name of the file that only this check knows.
 */
export function reasonIn(logs: string): string {
  const lines = logs.trim().split("\n");
  const from = lines.findIndex((line) => /error initializing|\[error\]|\[critical\]/.test(line));
  const told = lines.slice(from === -1 ? -5 : from).map((line) => line.replace(logPrefix, ""));
  return told.join("\n").replace(fileName, "").trim();
}

const logPrefix = /^(?:\[[^\]]*\]){2,}(?: \[[^\]]*\])? */;
const fileName = /^error initializing configuration '[^']*': /;
