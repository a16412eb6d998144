/** bench/RESULTS.md: a section for each command, so that a long comparison can be run in parts. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { fileURLToPath } from "node:url";

const file = fileURLToPath(new URL("RESULTS.md", import.meta.url));

export const head = `# Measured

Written by \`npm run bench\`: each section by the command in its title, whenever that runs. Servers take
turns, round by round, on a machine that they share with the load; absolute times are those of this
machine, and ratios are what can be compared: below 1 it takes less. In [ ] stands the most that
serin is allowed; what is more is in **bold**. What the figures are stands in [README.md](README.md).
`;

/** Puts the lines in place of what the same command wrote before. */
export function writeSection(title: string, lines: readonly string[], round: RoundNote): void {
  const before = existsSync(file) ? readFileSync(file, "utf8") : "";
  const sections = before.split(/^## /m).slice(1);
  const own = `${title}\n\n${[about(round), "", ...lines].join("\n").trim()}\n`;
  const at = sections.findIndex((section) => section.split("\n")[0] === title);
  const kept = sections.map((section) => `${section.trim()}\n`);
  const all = at === -1 ? [...kept, own] : kept.with(at, own);
  writeFileSync(file, [head, ...all.map((section) => `## ${section}`)].join("\n"));
}

export interface RoundNote {
  readonly startedAt: Date;
  readonly versions: string;
}

function about({ startedAt, versions }: RoundNote): string {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  const minutes = Math.round((Date.now() - startedAt.getTime()) / 60_000);
  const day = startedAt.toISOString().slice(0, 16).replace("T", " ");
  const memory = Math.round(totalmem() / 1024 ** 3);
  return [
    `${day} UTC, ${minutes} min, at ${commit}. ${cpus().length} × ${cpus()[0]?.model.trim()},`,
    `${memory} GB, Node.js ${process.version}, ${versions}.`,
  ].join(" ");
}
