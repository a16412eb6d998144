/** The file of tokens from disk. Whoever can write it is admin, so nobody else may. */
import { type FileHandle, open, stat } from "node:fs/promises";
import { limits } from "../../config/limits.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { parseTokens } from "./parse-tokens.ts";
import type { Token } from "./token.ts";

export interface TokenFile {
  readonly tokens: readonly Token[];
  /** To see whether it has changed. */
  readonly content: string;
}

/** Fails with one sentence that names the file. */
export async function readTokens(file: string): Promise<Result<TokenFile, string>> {
  const text = await readGuarded(file);
  if (!text.ok) return err(`${file} ${text.error}`);
  const tokens = parseTokens(text.value);
  if (!tokens.ok) return err(`${file}: ${tokens.error}`);
  return ok({ tokens: tokens.value, content: text.value });
}

async function readGuarded(file: string): Promise<Result<string, string>> {
  let handle: FileHandle | undefined;
  try {
    // To open a pipe would wait for somebody to write into it.
    if (!(await stat(file)).isFile()) return err("is no file");
    handle = await open(file, "r");
    // Of what was opened: the name may lead elsewhere by now.
    const { mode, size } = await handle.stat();
    const wrong = modeProblem(mode) ?? sizeProblem(size);
    return wrong === undefined ? ok(await handle.readFile("utf8")) : err(wrong);
  } catch (error) {
    return err(`cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    await handle?.close();
  }
}

/** Windows has no such modes, and says 0666. */
function modeProblem(mode: number): string | undefined {
  if (process.platform === "win32" || (mode & 0o022) === 0) return undefined;
  const who = (mode & 0o002) === 0 ? "its group" : "everybody";
  return `can be written by ${who}, who would be admin by it: chmod go-w`;
}

function sizeProblem(bytes: number): string | undefined {
  const most = limits.access.fileBytes;
  return bytes <= most ? undefined : `has ${bytes} bytes, and may have ${most}`;
}
