/**
 * The objects that `serin validate` and `serin explain` look at: from a store, from folders laid out like one, and from
 * single files, whose keys follow from their paths.
 */
import { readFile, stat } from "node:fs/promises";
import { resolve, sep } from "node:path";
import type { Command } from "commander";
import { limits } from "../config/limits.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { readKey } from "../store/decode/key.ts";
import { scanFolder } from "../store/folder.ts";
import type { Entry, StoreState } from "../store/store.ts";
import type { CliContext } from "./context.ts";
import { usageError } from "./flags.ts";
import { openNamedStore, type StoreFlags } from "./store-flags.ts";

export interface Input {
  readonly state: StoreState;
  /** Files by key; empty for a store. */
  readonly files: ReadonlyMap<string, string>;
}

interface FileFlags {
  readonly file?: readonly string[];
}

/** What `--file` or `--store` names; fails with one sentence. */
export async function readInput(
  command: Command,
  context: CliContext,
): Promise<Result<Input, string>> {
  const { file, store: url } = command.opts<Partial<StoreFlags> & FileFlags>();
  const storeNamed = url !== undefined && command.getOptionValueSource("store") === "cli";
  if (file !== undefined && storeNamed)
    usageError(command, "--file and --store exclude each other");
  if (file !== undefined) return readPaths(file);
  if (url === undefined) return usageError(command, "name objects with --file or --store");
  const store = await openNamedStore(command, url, context.env);
  if (!store.ok) return store;
  try {
    const listed = await store.value.list("");
    return listed.ok ? ok({ state: listed.value, files: new Map() }) : err(listed.error.message);
  } finally {
    await store.value.close();
  }
}

/** Fails with one sentence that names the path. */
export async function readPaths(paths: readonly string[]): Promise<Result<Input, string>> {
  const entries = new Map<string, Entry>();
  const files = new Map<string, string>();
  for (const path of paths) {
    const read = await readPath(path);
    if (!read.ok) return read;
    for (const { key, value, file } of read.value) {
      const twin = files.get(key);
      if (twin !== undefined) return err(`key ${key} is in two files: ${twin} and ${file}`);
      files.set(key, file);
      entries.set(key, { key, value, modRevision: 1n, createRevision: 1n });
    }
  }
  return ok({ state: { revision: 1n, entries }, files });
}

interface FileEntry {
  readonly key: string;
  readonly value: Uint8Array;
  readonly file: string;
}

async function readPath(path: string): Promise<Result<readonly FileEntry[], string>> {
  try {
    if ((await stat(path)).isDirectory()) {
      const scan = await scanFolder(path);
      if (!scan.ok) return scan;
      const loaded = [...scan.value.files.values()];
      return ok(loaded.map((file) => ({ key: file.key, value: file.value, file: file.path })));
    }
    const key = keyOf(path);
    if (key === undefined) {
      const hint = "the end of a file's path is its key, as in weights/web.yaml";
      return err(`${path}: no key follows from this path; ${hint}`);
    }
    const value = await readFile(path);
    const most = limits.store.valueBytes + 1;
    return ok([{ key, value: value.subarray(0, most), file: path }]);
  } catch (error) {
    return err(`cannot read ${path}: ${(error as Error).message}`);
  }
}

/** The shortest end of the path that is a key: `/etc/serin/weights/web.yaml` → `weights/web`. */
export function keyOf(path: string): string | undefined {
  const parts = resolve(path)
    .replace(/\.(?:ya?ml|json)$/, "")
    .split(sep);
  for (let from = parts.length - 2; from >= 0; from--) {
    const key = parts.slice(from).join("/");
    if (readKey(key).kind !== "wrong") return key;
  }
  return undefined;
}
