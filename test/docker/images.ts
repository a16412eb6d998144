import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, succeeds } from "./command.ts";
import type { Engine } from "./engine.ts";
import { fillStandIn } from "./stand-ins.ts";

/**
 * The images that docker-compose.yml starts from. Each is used as published when the engine has it
 * or can pull it. Where no registry can be reached, a stand-in is made (see stand-ins.ts).
 */
export interface Images {
  /** Values of the variables `SERIN_…_IMAGE` for those that had to be made. */
  readonly env: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

const pullMs = 120_000;
const makeMs = 60_000;

export async function provideImages(engine: Engine, projectFolder: string): Promise<Images> {
  const wanted = publishedImages(join(projectFolder, "docker-compose.yml"));
  const there = await Promise.all([...wanted.values()].map((image) => isThere(engine, image)));
  const env: Record<string, string> = {};
  for (const [index, [variable, image]] of [...wanted].entries()) {
    if (there[index] === true) continue;
    env[variable] = await makeImage(engine, variable, image, projectFolder);
  }
  const remove = async (): Promise<void> => {
    for (const tag of Object.values(env)) {
      await succeeds("docker", ["image", "rm", tag], { env: engine.env, timeoutMs: makeMs });
    }
  };
  return { env, remove };
}

/** Variable → image, as the compose file has it; a variable that is set wins there as well. */
function publishedImages(composeFile: string): ReadonlyMap<string, string> {
  const pattern = /\$\{(SERIN_(?:ETCD|ENVOY|NODE)_IMAGE):-([^}]+)\}/g;
  const found = [...readFileSync(composeFile, "utf8").matchAll(pattern)];
  return new Map(
    found.map(([, variable = "", image = ""]) => [variable, process.env[variable] || image]),
  );
}

async function isThere({ env }: Engine, image: string): Promise<boolean> {
  const inspect = ["image", "inspect", "--format", "{{.Id}}", image];
  if (await succeeds("docker", inspect, { env, timeoutMs: makeMs })) return true;
  return succeeds("docker", ["pull", "--quiet", image], { env, timeoutMs: pullMs });
}

async function makeImage(
  engine: Engine,
  variable: string,
  published: string,
  projectFolder: string,
): Promise<string> {
  if (process.platform !== "linux") {
    throw new Error(`docker pull ${published} fails, and a stand-in can be made on Linux only`);
  }
  const folder = mkdtempSync(join(tmpdir(), "serin-image-"));
  try {
    const rootfs = join(folder, "rootfs");
    const changes = await fillStandIn(variable, rootfs, projectFolder);
    const tag = `serin-test-${variable.toLowerCase().split("_")[1]}:local`;
    const archive = join(folder, "rootfs.tar");
    const options = { env: engine.env, timeoutMs: makeMs };
    await run("tar", ["-C", rootfs, "--owner=0", "--group=0", "-cf", archive, "."], options);
    const flags = changes.flatMap((change) => ["--change", change]);
    await run("docker", ["import", ...flags, archive, tag], options);
    return tag;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
