import { execFile } from "node:child_process";
import { err, ok, type Result } from "../lib/result.ts";

/** Runs a command to its end, or kills it after `timeoutMs`; the error is one line. */
export function runShort(
  command: string,
  args: readonly string[],
  timeoutMs: number,
): Promise<Result<string, string>> {
  return new Promise((resolve) => {
    const options = { timeout: timeoutMs, killSignal: "SIGKILL", encoding: "utf8" } as const;
    execFile(command, [...args], options, (error, stdout, stderr) => {
      if (error === null) return resolve(ok(stdout + stderr));
      const lines = stderr.trim().split("\n");
      const why = error.killed === true ? `no end after ${timeoutMs} ms` : lines.at(-1);
      resolve(err(why === undefined || why === "" ? error.message : why));
    });
  });
}
