// The modules that one needs when it runs.
import { readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";

/** What tsc emits of static imports and of re-exports; a clause may have several lines. */
const imported = /^(?:import|(?:import|export)\b[^;"'=()]*\bfrom)\s*["']([^"']+)["'];/gm;

/** Paths inside of the folder, in order. Whatever is neither a path nor in `packages` throws. */
export function modulesFrom(folder, first, packages) {
  const found = new Set([first]);
  for (const file of found) {
    const text = readFileSync(join(folder, file), "utf8");
    for (const [, name] of text.matchAll(imported)) {
      if (packages.includes(name)) continue;
      if (!name.startsWith(".")) throw new Error(`${file} needs ${name}, which browsers have not`);
      found.add(posix.join(dirname(file), name));
    }
  }
  return [...found].sort();
}
