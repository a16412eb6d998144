/** The sources with one bug in them; under the project, so that vitest strips the types. */
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect } from "vitest";
import type { PlantedBug } from "./planted-bugs.ts";

const project = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** Of the protocol. */
const protocolFolders = ["xds", "snapshot"];

export const scratchFolder = (name: string): string =>
  join(project, "node_modules", ".cache", `serin-${name}-${process.pid}`);

/**
 * Plants a bug in a copy below `root`, and returns what loads a file of it. The folders `copied` are; what
 * else they import are the sources themselves, which are loaded already.
 */
export function plant(
  bug: PlantedBug,
  root: string,
  copied: readonly string[] = protocolFolders,
): (file: string) => Promise<object> {
  mkdirSync(root, { recursive: true });
  for (const folder of readdirSync(join(project, "src"))) {
    const source = join(project, "src", folder);
    if (copied.includes(folder)) cpSync(source, join(root, folder), { recursive: true });
    else symlinkSync(source, join(root, folder));
  }
  const path = join(root, bug.file);
  const source = readFileSync(path, "utf8");
  expect(source.split(bug.find), `occurrences of: ${bug.find}`).toHaveLength(2);
  writeFileSync(
    path,
    source.replace(bug.find, () => bug.replace),
  );
  return (file) => import(pathToFileURL(join(root, file)).href);
}
