import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command.ts";

/**
 * Removes the folder of an engine that is gone, also of one that was killed: then its containerd,
 * its containers and their keepers ("shims") still run, and mounts (network namespaces, container
 * file systems, the data root on itself) stop a plain removal. The folder of an engine that runs is
 * left alone.
 */
export async function removeLeftovers(folder: string): Promise<void> {
  if (engineRuns(folder)) return;
  for (const pid of [...containerds(folder), ...containers(folder)]) kill(pid);
  const points = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "")
    .filter((point) => point.startsWith(`${folder}/`));
  // The innermost first.
  for (const point of points.reverse()) await run("umount", ["-l", point], { timeoutMs: 20_000 });
  // What was killed just now may still write.
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

function engineRuns(folder: string): boolean {
  const pid = text(join(folder, "docker.pid"));
  return pid !== "" && text(`/proc/${pid}/comm`).trim() === "dockerd";
}

/** containerd and its shims have the folder among their arguments. */
function containerds(folder: string): readonly string[] {
  return readdirSync("/proc").filter((pid) => {
    const [program = "", ...args] = text(`/proc/${pid}/cmdline`).split("\0");
    const ours = args.some((argument) => argument.startsWith(`${folder}/`));
    return /(^|\/)containerd(-shim\S*)?$/.test(program) && ours;
  });
}

/** First processes of containers; the control group tells that the number was not given anew. */
function containers(folder: string): readonly string[] {
  const tasks = join(folder, "exec/containerd/daemon/io.containerd.runtime.v2.task/moby");
  if (!existsSync(tasks)) return [];
  return readdirSync(tasks).flatMap((id) => {
    const pid = text(join(tasks, id, "init.pid")).trim();
    return pid !== "" && text(`/proc/${pid}/cgroup`).includes(id) ? [pid] : [];
  });
}

function kill(pid: string): void {
  try {
    process.kill(Number(pid), "SIGKILL");
  } catch {
    // It ended by itself.
  }
}

/** Empty when it is not there (any more). */
function text(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
