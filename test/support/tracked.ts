import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const projectFolder = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Files of the project, as paths from its root with `/`: those that git tracks and those that it
 * would, so that a rule speaks before the commit and not after it.
 */
export function projectFiles(): readonly string[] {
  const args = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
  const listed = execFileSync("git", args, { cwd: projectFolder, encoding: "utf8" });
  const files = new Set(listed.split("\0").filter((file) => file !== ""));
  return [...files].filter((file) => existsSync(join(projectFolder, file))).sort();
}

export const readProjectFile = (file: string): string =>
  readFileSync(join(projectFolder, file), "utf8");
