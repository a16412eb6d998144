import { existsSync, mkdtempSync, readdirSync, statfsSync } from "node:fs";
import { freemem, tmpdir } from "node:os";
import { join } from "node:path";
import { type Child, startChild } from "../../src/dev/child.ts";
import { unwrap } from "../support/binaries.ts";
import { eventually } from "../support/wait.ts";
import { succeeds } from "./command.ts";
import { rememberNetwork } from "./host-network.ts";
import { removeLeftovers } from "./leftovers.ts";

/** A Docker engine that answers: one that runs here already, or one of our own. */
export interface Engine {
  /** Environment that makes `docker` and compose use it. */
  readonly env: Readonly<Record<string, string>>;
  readonly own: boolean;
  /** An engine of our own is stopped, and all it left on this machine is removed. */
  stop(): Promise<void>;
}

const folderPrefix = "serin-dockerd-";
const memoryFolder = "/dev/shm";
const shortMs = 20_000;

const installHint = `The docker tests need a Docker engine, and none can be had here:
  - start one (Docker Desktop, colima, \`systemctl start docker\`), so that \`docker info\` answers;
  - or, on Linux as root, install one that the tests start for themselves:
      apt-get install docker.io docker-compose iptables
  - or set SERIN_NO_DOCKER=1 to leave these tests out, knowingly.`;

/** Throws with what was tried and what to install. */
export async function findEngine(): Promise<Engine> {
  if (await succeeds("docker", ["info"], { timeoutMs: shortMs })) {
    return { env: {}, own: false, stop: async () => undefined };
  }
  if (process.getuid?.() !== 0) throw new Error(`${installHint}\n(docker info fails; not root)`);
  for (const program of ["docker", "dockerd", "iptables"]) {
    if (await succeeds(program, ["--version"], { timeoutMs: shortMs })) continue;
    throw new Error(`${installHint}\n(docker info fails; ${program} is not installed)`);
  }
  return startEngine();
}

async function startEngine(): Promise<Engine> {
  for (const base of [tmpdir(), memoryFolder].filter(existsSync)) {
    for (const name of readdirSync(base)) {
      if (name.startsWith(folderPrefix)) await removeLeftovers(join(base, name));
    }
  }
  const folder = mkdtempSync(join(baseFolder(), folderPrefix));
  const env = { DOCKER_HOST: `unix://${join(folder, "docker.sock")}` };
  const restoreNetwork = await rememberNetwork();
  const started = await startChild({
    name: "dockerd",
    command: "dockerd",
    args: [
      ...["--data-root", join(folder, "data"), "--exec-root", join(folder, "exec")],
      ...["--host", env.DOCKER_HOST, "--pidfile", join(folder, "docker.pid")],
      ...["--storage-driver", "overlay2", "--iptables=true", "--ip6tables=false"],
      ...["--log-level", "warn"],
    ],
  });
  const daemon = unwrap(started);
  const stop = async (): Promise<void> => {
    // Its containerd goes with it, and its containers after 10 s of their own grace.
    await daemon.stop(30_000);
    await removeLeftovers(folder);
    await restoreNetwork();
  };
  try {
    await answers(daemon, env);
  } catch (error) {
    await stop();
    throw error;
  }
  return { env, own: true, stop };
}

/** In memory where there is plenty: images are written once, read once, and thrown away. */
function baseFolder(): string {
  const plenty = 4 * 1024 ** 3;
  if (!existsSync(memoryFolder) || freemem() < plenty) return tmpdir();
  const { bavail, bsize } = statfsSync(memoryFolder);
  return bavail * bsize < plenty ? tmpdir() : memoryFolder;
}

async function answers(daemon: Child, env: Engine["env"]): Promise<void> {
  const check = async (): Promise<"up" | "ended" | undefined> => {
    if (await succeeds("docker", ["info"], { env, timeoutMs: shortMs })) return "up";
    return daemon.running ? undefined : "ended";
  };
  const wait = { what: "dockerd", timeoutMs: 30_000, intervalMs: 100 };
  if ((await eventually(check, wait)) === "up") return;
  throw new Error(`dockerd ended; its last output:\n${daemon.logs()}`);
}
