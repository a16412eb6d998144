import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { statusText } from "../../../src/cli/status-text.ts";
import { createMetrics } from "../../../src/observe/metrics.ts";
import { projectFiles, projectFolder, readProjectFile } from "../../support/tracked.ts";

/** What the documents say of the code, held against the code. */
const documents = projectFiles().filter((file) => file.endsWith(".md"));

const linesOf = (file: string): readonly string[] => readProjectFile(file).split("\n");

/** `file:line target` of everything that `pattern`, whose first group is the target, finds. */
const targets = (pattern: RegExp): readonly { place: string; file: string; target: string }[] =>
  documents.flatMap((file) =>
    linesOf(file).flatMap((line, index) =>
      [...line.matchAll(pattern)].map(([, target = ""]) => ({
        place: `${file}:${index + 1} ${target}`,
        file,
        target,
      })),
    ),
  );

/** As GitHub makes them of headings. */
const anchorsOf = (file: string): readonly string[] =>
  linesOf(file)
    .filter((line) => /^#+ /.test(line))
    .map((line) => line.replace(/^#+ /, "").toLowerCase())
    .map((heading) => heading.replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-"));

/** Identifiers in backticks; `a.b` and `a()` count as `a` and `b`. Paths and flags are none. */
const wordsOf = (text: string): readonly string[] =>
  [...text.matchAll(/`([A-Za-z]\w*(?:(?:\(\))?\.[A-Za-z]\w*)*(?:\(\))?)`/g)]
    .filter(([, name = ""]) => !/\.(?:ts|md|mjs|cjs|yaml|proto)$/.test(name))
    .flatMap(([, name = ""]) => name.split(/\W+/).filter(Boolean));

const has = (file: string, word: string): boolean =>
  new RegExp(`\\b${word}\\b`).test(readProjectFile(file));

/** Files that the map means by `app/serve.ts`, `serve.ts` or a folder. */
const filesBy = (name: string): readonly string[] =>
  projectFiles().filter(
    (file) =>
      /^(?:src|test|tools)\//.test(file) &&
      (`/${file}`.endsWith(`/${name}`) || file.startsWith(`${name}/`)),
  );

interface Beside {
  readonly symbol: string;
  readonly files: readonly string[];
}

/** Symbols in ARCHITECTURE.md whose file is said: by the first cell of a row, or by "`x` in `file`". */
function symbolsBesideFiles(): readonly Beside[] {
  const rows = linesOf("ARCHITECTURE.md").flatMap((line) => {
    const [, head = "", rest = ""] = /^\| (`src\/[^|]*\.ts`) *\|(.*)$/.exec(line) ?? [];
    const files = [...head.matchAll(/`([^`]+)`/g)].map(([, file = ""]) => file);
    return files.length === 0 ? [] : wordsOf(rest).map((symbol) => ({ symbol, files }));
  });
  const text = readProjectFile("ARCHITECTURE.md").replaceAll(/\n +|\n/g, " ");
  const spoken = text.matchAll(/((?:`[\w.]+`(?:, | and )?)+) in `([\w./-]+\.ts|src\/[\w/-]+)`/g);
  const prose = [...spoken].flatMap(([, names = "", file = ""]) =>
    wordsOf(names).map((symbol) => ({ symbol, files: filesBy(file) })),
  );
  return [...rows, ...prose];
}

describe("documents", () => {
  it("are all looked at", () => {
    expect(documents).toEqual(expect.arrayContaining(["README.md", "docs/runbook.md"]));
    expect(documents.length).toBeGreaterThan(15);
  });

  it("name every metric there is, and no other", async () => {
    const registered = (await createMetrics().registry.getMetricsAsJSON()).map(({ name }) => name);
    const own = registered.filter((name) => name.startsWith("serin_")).sort();
    const rows = linesOf("docs/metrics.md").flatMap(
      (line) => /^\| `(serin_\w+)` *\|/.exec(line)?.[1] ?? [],
    );
    expect([...rows].sort()).toEqual(own);
    const spokenOf = targets(/\b(serin_[a-z_]*[a-z])\b(?!\*)/g);
    const unknown = spokenOf.filter(({ target }) => !own.includes(target));
    expect(unknown.map(({ place }) => place)).toEqual([]);
  });

  it("say of each metric the kind and labels that it has", async () => {
    const { registry } = createMetrics();
    const registered = (await registry.getMetricsAsJSON()).filter(({ name }) =>
      name.startsWith("serin_"),
    );
    const made = registered.map(({ name, type }) => {
      const metric: object | undefined = registry.getSingleMetric(name);
      const { labelNames } = metric as { readonly labelNames: readonly string[] };
      return `${name} ${type}: ${labelNames.toSorted().join(", ")}`;
    });
    const written = linesOf("docs/metrics.md").flatMap((line) => {
      const [, name, kind, labels = ""] =
        /^\| `(serin_\w+)` *\| (\w+) *\| ([^|]*)\|/.exec(line) ?? [];
      const sorted = [...labels.matchAll(/`(\w+)`/g)].map(([, label = ""]) => label).sort();
      return name === undefined ? [] : [`${name} ${kind}: ${sorted.join(", ")}`];
    });
    expect(written.sort()).toEqual(made.sort());
  });

  it("link to files and headings that exist", () => {
    const links = targets(/\]\(([^)\s]+)\)/g).filter(({ target }) => !/^[a-z]+:/.test(target));
    const broken = links.filter(({ file, target }) => {
      const [path = "", anchor] = target.split("#");
      const linked = path === "" ? file : join(dirname(file), path);
      if (!existsSync(join(projectFolder, linked))) return true;
      return anchor !== undefined && !anchorsOf(linked).includes(anchor);
    });
    expect(links.length).toBeGreaterThan(30);
    expect(broken.map(({ place }) => place)).toEqual([]);
  });

  it("name files of this project that exist", () => {
    const named = targets(/`((?:src|test|docs|tools|proto|examples|envoy|bench)\/[^`\s*<]*)`/g);
    const missing = named.filter(({ target }) => !existsSync(join(projectFolder, target)));
    expect(named.length).toBeGreaterThan(50);
    expect(missing.map(({ place }) => place)).toEqual([]);
  });

  it("name symbols of the map that are in the files beside them", () => {
    const named = symbolsBesideFiles();
    const missing = named.filter(({ symbol, files }) => !files.some((file) => has(file, symbol)));
    expect(named.length).toBeGreaterThan(30);
    expect(missing.map(({ symbol, files }) => `${symbol}: not in ${files.join(", ")}`)).toEqual([]);
  });

  it("name symbols of the map that exist", () => {
    const sources = projectFiles().filter((file) => /^(?:src|test|tools)\/.*\.m?ts$/.test(file));
    const symbols = wordsOf(readProjectFile("ARCHITECTURE.md"));
    const missing = symbols.filter((symbol) => !sources.some((file) => has(file, symbol)));
    expect(symbols.length).toBeGreaterThan(60);
    expect(missing).toEqual([]);
  });

  it("show `serin status` as it is", () => {
    const text = readProjectFile("README.md");
    const sample = /^ {4}NODE .*\n {4}.*\n/m.exec(text)?.[0].replaceAll(/^ {4}/gm, "") ?? "";
    const [head = "", row = ""] = sample.split("\n");
    const types = head.split(/ +/).slice(5);
    const cells = [...row.matchAll(/SYNCED (\S+) (\d+)s/g)];
    const statuses = types.map((type, at) => {
      const [, version = "", age] = cells[at] ?? [];
      const versions = { versionSent: version, versionAcked: version };
      const typed = { type, typeUrl: type, subscription: { wildcard: true, names: 0 } };
      return { ...typed, ...versions, status: "SYNCED" as const, ageMs: Number(age) * 1_000 };
    });
    const shown = statusText([
      {
        ...{
          node: "edge-1",
          cluster: "edge",
          userAgent: "envoy/1.40.0",
          peer: "",
          variant: "delta",
        },
        ...{ view: "weights:default", connectedSince: "", types: statuses },
      },
    ]);
    expect(types).toEqual(["CDS", "EDS", "LDS", "RDS", "RTDS"]);
    expect(shown).toBe(sample);
  });

  it("name scripts that package.json has", () => {
    const { scripts } = JSON.parse(readProjectFile("package.json")) as { scripts: object };
    const named = targets(/\bnpm run (?:--silent )?([a-z][\w:-]*)/g);
    const missing = named.filter(({ target }) => !Object.hasOwn(scripts, target));
    expect(missing.map(({ place }) => place)).toEqual([]);
  });

  it("keep the map of the code short enough to be read", () => {
    expect(linesOf("ARCHITECTURE.md").length).toBeLessThanOrEqual(250);
  });

  it("list every decision", () => {
    const decisions = documents.filter((file) => /^docs\/adr\/\d{4}-/.test(file));
    const listed = targets(/\]\((\d{4}-[^)]+)\)/g).filter(
      ({ file }) => file === "docs/adr/README.md",
    );
    expect(listed.map(({ target }) => `docs/adr/${target}`).sort()).toEqual(decisions);
    for (const file of decisions) {
      const headings = linesOf(file).filter((line) => line.startsWith("## "));
      expect(headings, file).toEqual([
        "## Context",
        "## Decision",
        "## Consequences",
        "## What would change our mind",
      ]);
    }
  });
});
