/** Builds the client programs in `test/clients` into the cache. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type BuildStep,
  cachedBuild,
  classPath,
  goNeeds,
  goSteps,
  javaNeeds,
  javaSteps,
} from "./cached-build.ts";

export const languages = ["go", "java", "python", "node"] as const;
export type Language = (typeof languages)[number];

/** A program and its first arguments; the target follows. */
export interface ClientCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

interface Recipe {
  readonly needs: Readonly<Record<string, string>>;
  readonly steps: (out: string) => readonly BuildStep[];
  readonly run: (out: string) => ClientCommand;
}

const sources = fileURLToPath(new URL("../clients/", import.meta.url));

const recipes: Readonly<Record<Language, Recipe>> = {
  go: {
    needs: goNeeds,
    steps: (out) => goSteps(join(out, "client")),
    run: (out) => ({ command: join(out, "client"), args: [], env: {} }),
  },
  java: {
    needs: javaNeeds,
    steps: (out) => javaSteps(out, ["Client.java"]),
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
  const folder = join(sources, language);
  const what = `the gRPC client in ${language}`;
  return run(await cachedBuild({ what, folder, path: `clients/${language}`, needs, steps }));
}
