import { randomBytes } from "node:crypto";
import { run, succeeds } from "./command.ts";
import type { Engine } from "./engine.ts";

/** One compose project of its own name: nothing of a user's project of the same file is touched. */
export interface Compose {
  /** `docker-compose …` in the project; its stdout. */
  (args: readonly string[], timeoutMs?: number): Promise<string>;
  /** State of the containers and their last output, for a failure. */
  diagnosis(): Promise<string>;
  /** Containers and networks of the project that are still there. */
  remains(): Promise<readonly string[]>;
}

export async function composeProject(
  engine: Engine,
  folder: string,
  variables: Readonly<Record<string, string>>,
): Promise<Compose> {
  const name = `serin-test-${randomBytes(4).toString("hex")}`;
  const [command, first] = await composeCommand();
  const env = { ...engine.env, ...variables };
  const compose = (args: readonly string[], timeoutMs = 60_000): Promise<string> =>
    run(command, [...first, "--project-name", name, ...args], { cwd: folder, env, timeoutMs });

  const list = async (kind: "container" | "network"): Promise<readonly string[]> => {
    const filter = `label=com.docker.compose.project=${name}`;
    const all = kind === "container" ? ["--all"] : [];
    const args = [kind, "ls", ...all, "--quiet", "--filter", filter];
    return (await run("docker", args, { env, timeoutMs: 20_000 })).split("\n").filter(Boolean);
  };
  const told = (args: readonly string[]): Promise<string> =>
    compose(args).catch((error: unknown) => String(error));
  return Object.assign(compose, {
    diagnosis: async () =>
      `${await told(["ps"])}\n${await told(["logs", "--no-color", "--tail", "30"])}`,
    remains: async () => [...(await list("container")), ...(await list("network"))],
  });
}

/** Compose v2 is a command of docker; v1 is a program of its own. */
async function composeCommand(): Promise<readonly [string, readonly string[]]> {
  const timeoutMs = 20_000;
  if (await succeeds("docker", ["compose", "version"], { timeoutMs })) {
    return ["docker", ["compose"]];
  }
  if (await succeeds("docker-compose", ["version"], { timeoutMs })) return ["docker-compose", []];
  throw new Error("no compose: install Docker's compose plugin, or apt-get install docker-compose");
}
