/**
 * Writes of a file store. Every new file is first written beside its place under a dot name, which
 * scans leave out, and then renamed into place, so that no reader sees half a file.
 */
import { lstat, mkdir, rename, rm, unlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { err, ok, type Result } from "../lib/result.ts";
import type { FolderFile } from "./folder.ts";
import type { StoreError, Write } from "./store.ts";

interface Staged {
  readonly target: string;
  readonly temporary: string;
}

/**
 * `refused` means that nothing was changed; `ambiguous` that some of the files may have been.
 */
export async function writeFiles(
  dir: string,
  writes: readonly Write[],
  files: ReadonlyMap<string, FolderFile>,
): Promise<Result<void, StoreError>> {
  const staged: Staged[] = [];
  const failed = async (kind: StoreError["kind"], error: unknown) => {
    for (const { temporary } of staged) await rm(temporary, { force: true });
    const message = `cannot write: ${error instanceof Error ? error.message : String(error)}`;
    return err({ kind, message });
  };
  try {
    for (const write of writes) {
      const problem = await targetProblem(write, files.get(write.key));
      if (problem !== undefined) return err({ kind: "refused", message: problem });
    }
    for (const write of writes) {
      if (write.kind === "put") staged.push(await stage(dir, write, files.get(write.key)));
    }
  } catch (error) {
    return failed("refused", error);
  }
  try {
    for (const { temporary, target } of staged) await rename(temporary, target);
    for (const write of writes) {
      const file = files.get(write.key);
      if (write.kind === "delete" && file !== undefined) await unlink(file.path);
    }
    return ok(undefined);
  } catch (error) {
    return failed("ambiguous", error);
  }
}

async function targetProblem(
  write: Write,
  file: FolderFile | undefined,
): Promise<string | undefined> {
  const segments = write.key.split("/");
  if (segments.some((segment) => segment === "" || segment.startsWith("."))) {
    return `${write.key} is no file name: a part of it is empty or begins with a dot`;
  }
  if (write.key.includes("\\")) return `${write.key} is no file name: it has a backslash`;
  if (file !== undefined && (await lstat(file.path)).isSymbolicLink()) {
    return `${file.path} is a symlink; change the place where it is made`;
  }
  return undefined;
}

async function stage(
  dir: string,
  write: Extract<Write, { kind: "put" }>,
  file: FolderFile | undefined,
): Promise<Staged> {
  const target = file?.path ?? join(dir, `${write.key}${extensionFor(write.value)}`);
  await mkdir(dirname(target), { recursive: true });
  const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.new`);
  await writeFile(temporary, write.value, { flush: true });
  return { target, temporary };
}

function extensionFor(value: Uint8Array): ".json" | ".yaml" {
  const first = Buffer.from(value.subarray(0, 64)).toString("utf8").trimStart()[0];
  return first === "{" || first === "[" ? ".json" : ".yaml";
}
