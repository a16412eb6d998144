/**
 * A fuzzer that reads an OpenAPI document and tries what it promises, from the Python registry.
 * https://schemathesis.readthedocs.io
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cachedBuild } from "./cached-build.ts";

const folder = fileURLToPath(new URL("../fuzzer/", import.meta.url));

/** Into the cache; a download gets three tries. */
export const installFuzzer = (): Promise<string> =>
  cachedBuild({
    what: "the fuzzer of the admin API",
    folder,
    path: "fuzzer",
    needs: { python3: "Python of at least version 3.10 with pip (Debian: python3 python3-pip)" },
    steps: (out) => {
      const into = ["--target", out, "--only-binary", ":all:"];
      const args = ["-m", "pip", "install", "-q", "--no-deps", ...into, "-r", "requirements.txt"];
      return [{ command: "python3", args, download: true }];
    },
  });

export interface FuzzAsked {
  /** Of the document. */
  readonly url: string;
  readonly token: string;
  readonly seed: number;
  /** Cases for an operation, at the most. */
  readonly examples: number;
  readonly timeoutMs: number;
  /** Where it may write. */
  readonly folder: string;
}

export interface Fuzzed {
  readonly code: number;
  /** What it tells people: each failure with a line of curl. */
  readonly output: string;
}

export async function fuzz(asked: FuzzAsked): Promise<Fuzzed> {
  const site = await installFuzzer();
  const args = [
    ...["-m", "schemathesis.cli", "--config-file", join(folder, "rules/schemathesis.toml")],
    ...["run", asked.url, "--header", `Authorization: Bearer ${asked.token}`],
    ...["--seed", String(asked.seed), "--max-examples", String(asked.examples)],
    ...["--phases", "coverage,fuzzing", "--continue-on-failure", "--warnings", "off"],
    ...["--request-timeout", "10", "--suppress-health-check", "all", "--no-shrink"],
    ...["--generation-database", "none", "--report", "ndjson"],
    ...["--report-ndjson-path", join(asked.folder, "report.ndjson")],
  ];
  const env = { ...process.env, PYTHONPATH: site, PYTHONDONTWRITEBYTECODE: "1", NO_COLOR: "1" };
  const options = { env, cwd: asked.folder, timeout: asked.timeoutMs, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((resolve) => {
    execFile("python3", args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ code, output: stdout + stderr });
    });
  });
}
