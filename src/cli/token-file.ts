/** Adds an entry to a file of tokens: whole, with its comments, by renaming, so that nobody reads a half. */
import { type FileHandle, open, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type Document, isSeq, parseDocument, stringify } from "yaml";
import { parseTokens } from "../admin/access/parse-tokens.ts";
import { readTokens } from "../admin/access/read-tokens.ts";
import type { Role } from "../api/role.ts";
import { parsedJson } from "../lib/parsed-json.ts";
import { err, ok, type Result } from "../lib/result.ts";

/** As it stands in the file. */
export interface TokenEntry {
  readonly name: string;
  readonly role: Role;
  readonly sha256: string;
  readonly expires?: string;
}

/** Fails with one sentence that names the file. */
export async function addToTokenFile(
  named: string,
  entry: TokenEntry,
): Promise<Result<undefined, string>> {
  try {
    const file = await targetOf(named);
    // Whoever adds at the same time finds this there, and no entry gets lost.
    const beside = join(dirname(file), `.${basename(file)}.new`);
    const handle = await open(beside, "wx", 0o600);
    const added = await write(handle, file, entry).finally(() => handle.close());
    await (added.ok ? rename(beside, file) : rm(beside));
    return added;
  } catch (error) {
    return err(failureText(named, error as NodeJS.ErrnoException));
  }
}

/** A symbolic link stays one. */
async function targetOf(file: string): Promise<string> {
  try {
    return await realpath(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return file;
    throw error;
  }
}

async function write(
  handle: FileHandle,
  file: string,
  entry: TokenEntry,
): Promise<Result<undefined, string>> {
  const old = await stat(file).catch(() => undefined);
  const before = old === undefined ? ok({ content: "", tokens: [] }) : await readTokens(file);
  if (!before.ok) return before;
  const { content, tokens } = before.value;
  if (tokens.some(({ name }) => name === entry.name)) {
    return err(`${file} has an entry named ${entry.name} already`);
  }
  const text = old === undefined ? stringify([entry], { lineWidth: 0 }) : withEntry(content, entry);
  const after = parseTokens(text);
  if (!after.ok) return err(`${file}: ${after.error}`);
  await handle.writeFile(text);
  if (old !== undefined) {
    // serin may be somebody else than who adds, and has to read it as before.
    await handle.chmod(old.mode & 0o777);
    await handle.chown(old.uid, old.gid);
  }
  await handle.sync();
  return ok(undefined);
}

function withEntry(content: string, entry: TokenEntry): string {
  const json = parsedJson(content);
  if (Array.isArray(json) && json.length > 0) {
    return `${JSON.stringify([...json, entry], null, 2)}\n`;
  }
  const document: Document = parseDocument(content, { schema: "failsafe" });
  const list = document.contents;
  if (isSeq(list)) {
    list.flow = list.flow === true && list.items.length > 0;
    list.add(document.createNode(entry));
  }
  return document.toString({ lineWidth: 0 });
}

function failureText(file: string, { code, path, message }: NodeJS.ErrnoException): string {
  if (code !== "EEXIST") return `${file} cannot be written: ${message}`;
  return `${path} is there: somebody adds a token just now, or was stopped then and it can be removed`;
}
