import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const projectFolder = fileURLToPath(new URL("../../", import.meta.url));

export const readProjectFile = (file: string): string =>
  readFileSync(join(projectFolder, file), "utf8");

/**
 * The files of the project, as paths from its root with `/`: all but what `.gitignore` names, which
 * has the forms `name`, `folder/` and `*.ending` only. Git is not asked, since a copy of the sources without
 * its history is to pass the tests too.
 */
export function projectFiles(): readonly string[] {
  const ignored = readProjectFile(".gitignore").split("\n").filter(Boolean);
  const names = ignored
    .filter((line) => !line.startsWith("*"))
    .map((line) => line.replace(/\/$/, ""));
  const endings = ignored.filter((line) => line.startsWith("*")).map((line) => line.slice(1));
  const isIgnored = (path: string, name: string): boolean =>
    [".git", ...names].some((each) => (each.includes("/") ? path : name) === each) ||
    endings.some((ending) => name.endsWith(ending));
  const walk = (folder: string): readonly string[] =>
    readdirSync(join(projectFolder, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (isIgnored(path, entry.name)) return [];
      return entry.isDirectory() ? walk(path) : [path];
    });
  return walk("").toSorted();
}
