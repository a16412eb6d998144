/** One bash that runs a page's commands one after the other, as a reader's terminal does: variables and folders stay. */
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Background {
  readonly command: string;
  readonly pid: number;
  output(): string;
}

export interface Shell {
  run(command: string): Promise<Ran>;
  /** In a process group of its own, with the variables and the folder of the shell. */
  start(command: string): Promise<Background>;
  close(): void;
}

/** Longest command, seconds: a release of a page that waits for its proxies. */
const commandSeconds = 60;

export function openShell(folder: string, env: NodeJS.ProcessEnv): Shell {
  const bash = spawn("bash", ["--noprofile", "--norc"], {
    cwd: folder,
    env,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const answers = createInterface({ input: bash.stdout });
  let count = 0;
  /** `text` ends by printing one line, which is the answer. */
  const ask = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const late = () => reject(new Error(`no end after ${commandSeconds} s`));
      const timer = setTimeout(late, commandSeconds * 1_000);
      answers.once("line", (line) => {
        clearTimeout(timer);
        resolve(line);
      });
      bash.stdin.write(`${text}\n`);
    });
  const files = (command: string) => {
    count += 1;
    const file = (end: string): string => join(folder, ".ran", `${count}.${end}`);
    writeFileSync(file("sh"), `${command}\n`);
    return { script: file("sh"), out: file("out"), err: file("err") };
  };
  return {
    async run(command) {
      const { script, out, err } = files(command);
      const code = await ask(`. '${script}' >'${out}' 2>'${err}' </dev/null; echo $?`);
      const text = (path: string): string => readFileSync(path, "utf8");
      return { code: Number(code), stdout: text(out), stderr: text(err) };
    },
    async start(command) {
      const { script, out } = files(command);
      const pid = await ask(`setsid bash '${script}' >'${out}' 2>&1 </dev/null & echo $!`);
      return { command, pid: Number(pid), output: () => readFileSync(out, "utf8") };
    },
    close: () => void bash.kill("SIGKILL"),
  };
}
