import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import { projectFiles, readProjectFile } from "./support/tracked.ts";

/**
 * The parts of our style that no tool checks, as a test. Each rule lists what breaks it as
 * `file:line what`. Format, line width and function length are Biome's; imports are
 * dependency-cruiser's.
 */

/** Lines that a file may have; one of the page's components, which one reads as a picture, fewer. */
const sourceLines = 400;
const componentLines = 200;
const testLines = 600;

const files = projectFiles();
const isGenerated = (file: string): boolean =>
  file.startsWith("src/gen/") || file === "package-lock.json";
const sources = files.filter((file) => /^src\/.*\.tsx?$/.test(file) && !isGenerated(file));
const components = sources.filter((file) => file.endsWith(".tsx"));
const tests = files.filter((file) => /^test\/.*\.ts$/.test(file));
const code = files.filter((file) => /\.(tsx?|mjs|cjs)$/.test(file) && !isGenerated(file));

/** The functional core: no input, no output, no clock. */
const core = sources.filter((file) =>
  [
    /^src\/(model|translate|explain|snapshot)\//,
    /^src\/observe\/(load|verdict)\//,
    /^src\/store\/(decode|schema|history)\//,
    /^src\/rollout\/alert\/(message|request|answer|outbox-entry)\.ts$/,
    /^src\/rollout\/release\//,
    /^src\/xds\/(subscription|type-state|sotw|delta|stream-state|rebase|end-reason|node|observer)\.ts$/,
    /^src\/lib\/condition\//,
    /^src\/rollout\/judge\//,
  ].some((part) => part.test(file)),
);

/** `file:line matched` for every match; `skips` names lines that do not count. */
function matches(
  among: readonly string[],
  pattern: RegExp,
  skips: (line: string) => boolean = () => false,
): readonly string[] {
  return among.flatMap((file) =>
    readProjectFile(file)
      .split("\n")
      .flatMap((line, index) => {
        const found = skips(line) ? null : pattern.exec(line);
        return found === null ? [] : [`${file}:${index + 1} ${found[0].trim()}`];
      }),
  );
}

const isComment = (line: string): boolean => /^\s*(\/\/|\/?\*)/.test(line);

function tooLong(among: readonly string[], most: number): readonly string[] {
  return among.flatMap((file) => {
    const lines = readProjectFile(file).split("\n").length - 1;
    return lines > most ? [`${file}:${most + 1} has ${lines} lines, and may have ${most}`] : [];
  });
}

/** A comment at the head of the file, or one right above its first export. */
function isIntroduced(text: string): boolean {
  if (/^(#!.*\n)?\s*\/[/*]/.test(text)) return true;
  const lines = text.split("\n");
  const first = lines.findIndex((line) => line.startsWith("export "));
  return first === -1 || /(\*\/|^\/\/.*)$/.test(lines[first - 1] ?? "");
}

describe("tidy", () => {
  it("looks at all of the project", () => {
    expect(sources.length).toBeGreaterThan(100);
    expect(tests.length).toBeGreaterThan(30);
    expect(core.length).toBeGreaterThan(50);
  });

  it("files are short enough to be read at once", () => {
    expect(tooLong(sources, sourceLines)).toEqual([]);
    expect(tooLong(components, componentLines)).toEqual([]);
    expect(tooLong([...tests, ...files.filter((f) => f.startsWith("bench/"))], testLines)).toEqual(
      [],
    );
  });

  it("every source file says what it is, at its head or above its first export", () => {
    const silent = sources.filter((file) => !isIntroduced(readProjectFile(file)));
    expect(silent.map((file) => `${file}:1 has no head comment`)).toEqual([]);
  });

  it("names of files say what is in them", () => {
    const empty = /(^|[-_.])(helpers?|utils?|utilities|managers?|misc|common|stuff)([-_.]|$)/i;
    const named = code.filter(
      (file) => empty.test(basename(file)) || /\/(helper|util)s?\//.test(file),
    );
    expect(named.map((file) => `${file}:1 has an empty name`)).toEqual([]);
  });

  it("what is left to do has an issue: `TODO #12`", () => {
    // The word is put together, or this file would break the rule.
    const open = new RegExp(
      `\\b(${["TO", "DO"].join("")}|${["FIX", "ME"].join("")})\\b(?! ?\\(?#\\d)`,
    );
    expect(matches([...code, ...files.filter((file) => file.endsWith(".md"))], open)).toEqual([]);
  });

  it("the core asks neither for the time nor for chance, nor for anything of the process", () => {
    const impure =
      /\b(Date\.now|new Date\(\)|Math\.random|performance\.now|set(Timeout|Interval|Immediate)|process\.|fetch\()/;
    expect(matches(core, impure, isComment)).toEqual([]);
  });

  it("nothing in src writes to the console", () => {
    expect(matches(sources, /\bconsole\.\w+/, isComment)).toEqual([]);
  });

  it("no test is left out, and none runs alone", () => {
    const alone = /\b(describe|it|test|suite)(\.\w+)*\.(only|skip|todo)\b/;
    const silenced = /\b(describe|it|test)\.(skipIf|runIf)\(/;
    // Docker is asked for by name, since no container engine runs everywhere.
    const among = tests.filter((file) => !file.startsWith("test/docker/"));
    expect(matches(tests, alone, isComment)).toEqual([]);
    expect(matches(among, silenced, isComment)).toEqual([]);
  });

  it("no file speaks of the machine that it was written on", () => {
    const places = ["work", "root", "home", "Users"].map((name) => `/${name}/`).join("|");
    const text = files.filter((file) => !/\.(png|jpg|gif|bin|pb)$/.test(file));
    const path = new RegExp(`(?<![\\w.:/*-])(${places})[\\w.-]+`);
    expect(matches(text, path)).toEqual([]);
  });
});
