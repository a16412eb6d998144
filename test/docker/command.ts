import { execFile } from "node:child_process";

export interface CommandOptions {
  /** Laid over the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly timeoutMs: number;
}

/** Runs a command to its end; stdout, or a throw with the last lines it printed. */
export function run(
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<string> {
  const settings = {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    timeout: options.timeoutMs,
    killSignal: "SIGKILL",
    maxBuffer: 64 * 1024 * 1024,
    encoding: "utf8",
  } as const;
  return new Promise((resolve, reject) => {
    execFile(command, [...args], settings, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const why = error.killed === true ? `no end after ${options.timeoutMs} ms` : error.message;
      const tail = `${stdout}\n${stderr}`.trim().split("\n").slice(-40).join("\n");
      reject(new Error(`${command} ${args.join(" ")}: ${why}\n${tail}`));
    });
  });
}

/** Whether the command ends with code 0. */
export const succeeds = (
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<boolean> =>
  run(command, args, options).then(
    () => true,
    () => false,
  );
