import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { texts } from "../../../src/web/text/texts.ts";

interface Words {
  readonly [key: string]: string | ((...args: string[]) => string) | Words;
}

/** Every sentence by its path; what takes words is given some. */
function sentences(words: Words, path = ""): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(words).flatMap(([key, word]) => {
      const at = `${path}${key}`;
      if (typeof word === "string") return [[at, word] as const];
      if (typeof word === "function") return [[at, word("‹1›", "‹2›", "‹3›")] as const];
      return [...sentences(word, `${at}.`)];
    }),
  );
}

const en = sentences(texts.en as unknown as Words);
const zh = sentences(texts.zh as unknown as Words);

/** The same in both, being names or units. */
const untranslated = new Set([
  ...["service.columns.errors", "service.columns.p50", "service.columns.p99", "plots.errors"],
  ...["release.from", "page.signedIn"],
]);

/** All that the page and the contract consist of, but the dictionaries. */
const sources = ["src/web", "src/api", "src/store/schema"].flatMap((folder) =>
  readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((file) => /\.tsx?$/.test(file) && !file.startsWith(join("src/web", "text"))),
);
const code = sources.map((file) => readFileSync(file, "utf8")).join("\n");

/** By its name as a member, or where what it says something of is named: `text.guard[verdict]`. */
const isUsed = (key: string): boolean =>
  new RegExp(`(?:\\.|[{,(]\\s*)${key}\\b|"${key}"`).test(code);

describe("the dictionaries", () => {
  it("have no sentence that the page does not say", () => {
    const unused = [...en.keys()].filter((path) => !isUsed(path.split(".").at(-1) ?? ""));
    expect(unused).toEqual([]);
  });

  it("have the same keys", () => {
    expect([...zh.keys()].sort()).toEqual([...en.keys()].sort());
  });

  it("leave no sentence empty, and none in English where Chinese is asked for", () => {
    const empty = [...en, ...zh].filter(([, words]) => words.trim() === "");
    expect(empty).toEqual([]);
    const plain = [...zh].filter(
      ([key, words]) => !untranslated.has(key) && !/\p{Script=Han}/u.test(words),
    );
    expect(plain.map(([key]) => key)).toEqual([]);
  });

  it("say in both what they are given", () => {
    for (const [key, words] of en) {
      const given = [...words.matchAll(/‹\d›/g)].map(([mark]) => mark).sort();
      const told = [...(zh.get(key) ?? "").matchAll(/‹\d›/g)].map(([mark]) => mark).sort();
      expect([key, told]).toEqual([key, given]);
    }
  });
});
