import { describe, expect, it } from "vitest";
import { parseOptions, usage } from "../../../bench/options.ts";
import { quickReport } from "../../../bench/quick-report.ts";
import { head } from "../../../bench/results-file.ts";
import { readProjectFile } from "../../support/tracked.ts";

const parsed = (text: string) => parseOptions(text === "" ? [] : text.split(" "));

describe("npm run bench", () => {
  it("has defaults, and a cell for each size", () => {
    const options = parsed("");
    expect(options).toMatchObject({ ok: true, value: { rounds: 3, tls: false } });
    expect(parsed("--clusters 100,10000 --shape one --layers --tls --peers java")).toMatchObject({
      value: {
        cells: [{ clusters: 100, shape: "one", loadFlags: ["--layers"] }, { clusters: 10_000 }],
        servers: ["serin", "serin-tls", "java"],
        instead: undefined,
      },
    });
    const soak = { instead: { kind: "soak", minutes: 5, rate: 10 } };
    expect(parsed("--soak 5")).toMatchObject({ value: soak });
  });

  it("shows every flag for --help", () => {
    expect(parsed("--help")).toEqual({ ok: true, value: "help" });
    expect(parsed("-h")).toEqual({ ok: true, value: "help" });
    const named = [...usage.matchAll(/--([a-z][a-z-]+)/g)].map(([, name = ""]) => name);
    for (const name of named) {
      const answer = parsed(`--${name}`);
      if (!answer.ok) expect(answer.error).not.toContain("Unknown option");
    }
    expect(named.length).toBeGreaterThan(15);
  });

  it.each([
    ["--bogus", "Unknown option '--bogus'"],
    ["extra", "Unexpected argument 'extra'"],
    ["--soak", "argument missing"],
    ["--clusters ,", "--clusters names no size"],
    ["--clusters many", "--clusters many: expected a whole number from 1"],
    ["--rounds 0", "--rounds 0: expected a whole number from 1"],
    ["--shape round", "--shape round: expected one of own, one, views"],
    ["--peers nobody", "--peers nobody: expected one of serin, "],
  ])("refuses %s in words", (text, words) => {
    const answer = parsed(text);
    expect(answer.ok ? "" : answer.error).toContain(words);
  });

  it("says in its results what is bold", () => {
    expect(readProjectFile("bench/RESULTS.md").startsWith(head)).toBe(true);
  });
});

describe("npm run bench:quick", () => {
  const sizes = { streams: [50, 250], clusters: [100, 1_000] };

  it("says of what size, of each count whether it holds, and of all together", () => {
    const guards = [
      { title: "bytes", value: 267, most: 280 },
      { title: "encodings", value: 2, most: 1 },
    ];
    expect(quickReport(guards, sizes, 5.6)).toEqual([
      "Incremental ADS without sockets: 50 and 250 streams, 100 and 1,000 clusters.",
      "",
      "| per change | is  | most | verdict |",
      "| ---------- | --- | ---- | ------- |",
      "| bytes      | 267 | 280  | ok      |",
      "| encodings  | 2   | 1    | BROKEN  |",
      "",
      "1 of 2 are BROKEN (6 s). What is counted: bench/README.md.",
    ]);
    const [last] = quickReport(guards.slice(0, 1), sizes, 5).slice(-1);
    expect(last).toMatch(/^All 1 are within their bounds/);
  });

  it("takes what is no number for broken", () => {
    const guards = [{ title: "bytes", value: Number.NaN, most: 280 }];
    expect(quickReport(guards, sizes, 1).join("\n")).toContain("BROKEN");
  });
});
