/**
 * The objects that commands are given: from a store, from folders laid out like one, from files whose keys
 * follow from their paths, and from documents that name their keys themselves.
 */
import { readFile, stat } from "node:fs/promises";
import { resolve, sep } from "node:path";
import type { Command, Option } from "commander";
import { limits } from "../config/limits.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { readKey } from "../store/decode/key.ts";
import { scanFolder } from "../store/folder.ts";
import type { Entry, StoreState } from "../store/store.ts";
import type { CliContext } from "./context.ts";
import { type InputObject, objectsIn } from "./documents.ts";
import { flag, usageError } from "./flags.ts";
import { positionIn } from "./positions.ts";
import { openNamedStore, type StoreFlags } from "./store-flags.ts";

export interface Input {
  readonly state: StoreState;
  /** By key; empty for a store. */
  readonly files: ReadonlyMap<string, FileObject>;
}

export interface FileFlags {
  readonly file?: readonly string[];
}

/** Objects of what `--file` names, by the keys that documents say; at least one file must be named. */
export function filesAsked(
  command: Command,
  context: CliContext,
): Promise<Result<readonly FileObject[], string>> {
  const { file } = command.opts<FileFlags>();
  if (file === undefined) return usageError(command, "name files, or - for standard input, by -f");
  return readObjects(file, "document", context.io.stdin);
}

export const fileFlag = (description: string): Option =>
  flag("-f, --file <path>", "SERIN_FILE", description, {
    parse: (path, previous) => [...((previous as readonly string[] | undefined) ?? []), path],
  });

/** What `--file` or `--store` names, as a server on it would see it; fails with one sentence. */
export async function readInput(
  command: Command,
  context: CliContext,
): Promise<Result<Input, string>> {
  const { file, store: url } = command.opts<Partial<StoreFlags> & FileFlags>();
  const storeNamed = url !== undefined && command.getOptionValueSource("store") === "cli";
  if (file !== undefined && storeNamed)
    usageError(command, "--file and --store exclude each other");
  if (file !== undefined) return readPaths(file, context.io.stdin);
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
async function readPaths(
  paths: readonly string[],
  stdin: CliContext["io"]["stdin"],
): Promise<Result<Input, string>> {
  const read = await readObjects(paths, "path", stdin);
  if (!read.ok) return read;
  const entries = new Map<string, Entry>();
  const files = new Map<string, FileObject>();
  for (const object of read.value) {
    const { key, value } = object;
    files.set(key, object);
    entries.set(key, { key, value, modRevision: 1n, createRevision: 1n });
  }
  return ok({ state: { revision: 1n, entries }, files });
}

export interface FileObject extends InputObject {
  /** `-` for standard input. */
  readonly file: string;
}

type KeyFrom = "path" | "document";

/**
 * `keyFrom`: where both a path and a document in it say the key, a store of files goes by the path, and who
 * applies manifests by the document.
 */
export async function readObjects(
  paths: readonly string[],
  keyFrom: KeyFrom,
  stdin: CliContext["io"]["stdin"],
): Promise<Result<readonly FileObject[], string>> {
  const files: ReadFile[] = [];
  for (const path of paths) {
    const read = path === "-" && stdin ? await standardInput(stdin) : await readPath(path, keyFrom);
    if (!read.ok) return read;
    files.push(...read.value);
  }
  return withKeys(files, keyFrom);
}

function withKeys(
  files: readonly ReadFile[],
  keyFrom: KeyFrom,
): Result<readonly FileObject[], string> {
  const origins = new Map<string, ReadFile>();
  const objects: FileObject[] = [];
  for (const origin of files) {
    const { value, file, pathKey } = origin;
    const found = objectsIn(value, pathKey, keyFrom);
    if (!found.ok) return err(`${file}: ${found.error}`);
    for (const object of found.value) {
      const twin = origins.get(object.key);
      if (twin !== undefined) return err(twinText(object.key, twin, origin));
      origins.set(object.key, origin);
      objects.push({ ...object, file });
    }
  }
  return ok(objects);
}

/** `weights/web.yaml:3:1`, at a field; the file alone where that is not known. */
export function placeText({ file, place }: FileObject, path: string): string {
  const position = positionIn(place, path);
  return position === undefined ? file : `${file}:${position.line}:${position.column}`;
}

const twinText = (key: string, one: ReadFile, other: ReadFile): string =>
  one === other
    ? `key ${key} is twice in ${one.file}`
    : `key ${key} is in two files: ${one.file} and ${other.file}`;

interface ReadFile {
  readonly value: Uint8Array;
  readonly file: string;
  /** What the path says. */
  readonly pathKey: string | undefined;
}

type ReadFiles = Promise<Result<readonly ReadFile[], string>>;

async function standardInput(stdin: NonNullable<CliContext["io"]["stdin"]>): ReadFiles {
  const most = limits.cli.inputBytes;
  const value = await stdin(most);
  if (value.byteLength > most) return err(tooLong("standard input", most));
  return ok([{ value, file: "-", pathKey: undefined }]);
}

const tooLong = (what: string, most: number): string => `${what} has more than ${most} bytes`;

async function readPath(path: string, keyFrom: KeyFrom): ReadFiles {
  try {
    const status = await stat(path);
    if (status.isDirectory()) return readFolder(path, keyFrom);
    if (status.size > limits.cli.inputBytes) return err(tooLong(path, limits.cli.inputBytes));
    return ok([{ value: await readFile(path), file: path, pathKey: keyOf(path) }]);
  } catch (error) {
    return err(`cannot read ${path}: ${(error as Error).message}`);
  }
}

/** A scan reads no more of a file than one value may have: of several documents the rest would be missing. */
async function readFolder(folder: string, keyFrom: KeyFrom): ReadFiles {
  const scan = await scanFolder(folder);
  if (!scan.ok) return scan;
  const loaded = [...scan.value.files.values()];
  if (keyFrom === "path") {
    return ok(loaded.map(({ key, value, path }) => ({ value, file: path, pathKey: key })));
  }
  const most = limits.store.valueBytes;
  const long = loaded.find(({ value }) => value.byteLength > most);
  if (long !== undefined) return err(`${tooLong(long.path, most)}; name it by itself`);
  return ok(
    loaded.map(({ key, value, path }) => {
      const isKey = readKey(key).kind !== "wrong";
      return { value, file: path, pathKey: isKey ? key : keyOf(path) };
    }),
  );
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
