/** The editor of whoever is at the terminal, over a file that nobody else reads. */
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Environment } from "./context.ts";

/** A file to edit, in a folder of its own that its owner alone may read. */
export interface Draft {
  /** Ends with the key, so that `serin apply -f` knows what it is. */
  readonly path: string;
  write(text: string): Promise<void>;
  read(): Promise<string>;
  remove(): Promise<void>;
}

export async function draftOf(key: string): Promise<Draft> {
  const folder = await mkdtemp(join(tmpdir(), "serin-edit-"));
  const path = join(folder, `${key}.yaml`);
  await mkdir(dirname(path), { recursive: true });
  return {
    path,
    write: (text) => writeFile(path, text),
    read: () => readFile(path, "utf8"),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** What the environment names is a command line of a shell, as for git and kubectl. */
export const editorOf = (env: Environment): string =>
  env["SERIN_EDITOR"] || env["VISUAL"] || env["EDITOR"] || "vi";

/** The exit code; a signal is a failure. */
export function runEditor(editor: string, path: string): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn("sh", ["-c", `${editor} "$@"`, "sh", path], { stdio: "inherit" });
    child.once("error", () => resolve(1));
    child.once("close", (code) => resolve(code ?? 1));
  });
}
