/**
 * Reads a folder of YAML and JSON files as keys and values: `weights/web.yaml` is the key
 * `weights/web`, its bytes are the value. A scan is one consistent picture: every file is looked at
 * before and after the reading, and a folder that changed in between is read again. Names that begin
 * with a dot are left out; that includes the `..data` of a Kubernetes ConfigMap, whose visible files
 * are symlinks through it.
 */
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { limits } from "../config/limits.ts";
import { err, ok, type Result } from "../lib/result.ts";

export interface FolderFile {
  readonly key: string;
  readonly path: string;
  /** Inode, size and times: equal means not touched. */
  readonly signature: string;
  readonly size: number;
  readonly modifiedMs: number;
}

export interface LoadedFile extends FolderFile {
  readonly value: Uint8Array;
  /** Read so soon after its last write that an equal signature would prove nothing. */
  readonly young: boolean;
}

/** A directory by path and identity: a swapped symlink keeps the path and changes the identity. */
export interface FolderDirectory {
  readonly path: string;
  readonly identity: string;
}

export interface FolderScan {
  readonly files: ReadonlyMap<string, LoadedFile>;
  readonly directories: readonly FolderDirectory[];
}

interface Tree {
  readonly files: Map<string, FolderFile>;
  readonly directories: FolderDirectory[];
}

/** File times have the grain of a kernel tick, and of a second or two on some network mounts. */
const youngMs = 2_000;
const extension = /\.(?:ya?ml|json)$/;

/**
 * The folder as it is now; with `previous`, files not touched since are not read again. Fails with
 * one sentence when the folder cannot be read, has a key in two files, or never stands still.
 */
export async function scanFolder(
  dir: string,
  previous?: FolderScan,
): Promise<Result<FolderScan, string>> {
  let failure = "";
  for (let attempt = 0; attempt < limits.store.folderAttempts; attempt++) {
    try {
      const before = await walk(dir);
      const files = await load(before, previous);
      const after = await walk(dir);
      if (sameTree(before, after)) return ok({ files, directories: after.directories });
      failure = `${dir} changed while it was read, ${attempt + 1} times in a row`;
    } catch (error) {
      if (error instanceof FolderProblem) return err(error.message);
      // A file may vanish between the listing and the reading; the next attempt tells.
      failure = error instanceof Error ? error.message : String(error);
    }
  }
  return err(failure);
}

/** A fault of the folder that reading again does not heal. */
class FolderProblem extends Error {}

async function walk(dir: string): Promise<Tree> {
  const tree: Tree = { files: new Map(), directories: [] };
  await visit(dir, "", 0, tree);
  return tree;
}

async function visit(path: string, keyPrefix: string, depth: number, tree: Tree): Promise<void> {
  if (depth > limits.store.folderDepth) {
    throw new FolderProblem(`${path} is nested too deep; is it a loop of symlinks?`);
  }
  const own = await stat(path, { bigint: true });
  tree.directories.push({ path, identity: `${own.dev}:${own.ino}` });
  const names = await readdir(path);
  for (const name of names.sort()) {
    if (name.startsWith(".")) continue;
    const child = join(path, name);
    const status = await stat(child, { bigint: true });
    if (status.isDirectory()) {
      await visit(child, `${keyPrefix}${name}/`, depth + 1, tree);
    } else if (status.isFile() && extension.test(name)) {
      addFile(tree, {
        key: `${keyPrefix}${name.replace(extension, "")}`,
        path: child,
        signature: `${status.dev}:${status.ino}:${status.size}:${status.mtimeNs}:${status.ctimeNs}`,
        size: Number(status.size),
        modifiedMs: Number(status.mtimeMs),
      });
    }
  }
}

function addFile(tree: Tree, file: FolderFile): void {
  const twin = tree.files.get(file.key);
  if (twin !== undefined) {
    throw new FolderProblem(`key ${file.key} is in two files: ${twin.path} and ${file.path}`);
  }
  if (tree.files.size >= limits.store.folderFiles) {
    throw new FolderProblem(`more than ${limits.store.folderFiles} files`);
  }
  tree.files.set(file.key, file);
}

async function load(
  tree: Tree,
  previous: FolderScan | undefined,
): Promise<ReadonlyMap<string, LoadedFile>> {
  const loaded = new Map<string, LoadedFile>();
  for (const file of tree.files.values()) {
    const known = previous?.files.get(file.key);
    const untouched =
      known !== undefined &&
      !known.young &&
      known.path === file.path &&
      known.signature === file.signature;
    loaded.set(file.key, untouched ? known : await loadFile(file));
  }
  return loaded;
}

async function loadFile(file: FolderFile): Promise<LoadedFile> {
  const young = Date.now() - file.modifiedMs < youngMs;
  // One byte more than is allowed is enough for decode to refuse the value by its size.
  const bytes = Math.min(file.size, limits.store.valueBytes + 1);
  const value = new Uint8Array(bytes);
  const handle = await open(file.path, "r");
  try {
    let filled = 0;
    while (filled < bytes) {
      const { bytesRead } = await handle.read(value, filled, bytes - filled, filled);
      if (bytesRead === 0) throw new Error(`${file.path} shrank while it was read`);
      filled += bytesRead;
    }
  } finally {
    await handle.close();
  }
  return { ...file, value, young };
}

function sameTree(a: Tree, b: Tree): boolean {
  if (a.files.size !== b.files.size) return false;
  for (const [key, file] of a.files) {
    const other = b.files.get(key);
    if (other === undefined || other.signature !== file.signature || other.path !== file.path) {
      return false;
    }
  }
  return true;
}
