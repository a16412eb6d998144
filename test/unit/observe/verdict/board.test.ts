import { describe, expect, it } from "vitest";
import { agreements } from "../../../../src/observe/verdict/agreement.ts";
import { type FoundCluster, VerdictBoard } from "../../../../src/observe/verdict/board.ts";

const of = (cluster: string, total: number, healthy = total, ejected = 0): FoundCluster => ({
  ...{ cluster, total, healthy, ejected },
});

const board = (wellFindings = 100, findings = 100, chars = 1_000) =>
  new VerdictBoard({ findings, wellFindings, chars, silentMs: 60_000 });

describe("a board of what proxies find", () => {
  it("has the last word of each, until it is silent for too long", () => {
    const known = board();
    known.report("a", [of("web/v1", 2)], 0);
    known.report("b", [of("web/v1", 2, 1, 1)], 1_000);
    known.report("a", [of("web/v1", 3)], 5_000);
    expect(known.of("web/v1", 6_000)).toEqual([
      { proxy: "b", total: 2, healthy: 1, ejected: 1, sinceMs: 1_000, heardMs: 1_000 },
      { proxy: "a", total: 3, healthy: 3, ejected: 0, sinceMs: undefined, heardMs: 5_000 },
    ]);
    expect(known.reporters(60_999)).toEqual({ count: 2, oldestMs: 1_000 });
    expect(known.reporters(61_000)).toEqual({ count: 1, oldestMs: 5_000 });
    expect(known.of("web/v1", 65_000)).toEqual([]);
    expect(known.reporters(65_000)).toEqual({ count: 0, oldestMs: undefined });
  });

  it("forgets a cluster that its proxy does not name any more", () => {
    const known = board();
    known.report("a", [of("web/v1", 2, 1), of("web/v2", 1)], 0);
    known.report("a", [of("web/v2", 1)], 1);
    expect([known.of("web/v1", 1), known.unwell(1)]).toEqual([[], new Set()]);
  });

  it("knows since when not all is well, however many are out meanwhile", () => {
    const known = board();
    const since = (atMs: number, healthy: number, total = 3) => {
      known.report("a", [of("web/v1", total, healthy)], atMs);
      return known.of("web/v1", atMs)[0]?.sinceMs;
    };
    const told = [since(0, 3), since(5, 2), since(10, 2), since(15, 0), since(20, 3), since(25, 2)];
    expect(told).toEqual([undefined, 5, 5, 5, undefined, 25]);
  });

  it("names the clusters that some proxy finds unwell", () => {
    const known = board();
    known.report("a", [of("web/v1", 2), of("web/v2", 1, 0)], 0);
    known.report("b", [of("web/v1", 2, 1), of("web/v3", 0)], 0);
    expect([...known.unwell(0)].sort()).toEqual(["web/v1", "web/v2"]);
  });

  it("keeps so much of names, and has room again when their proxy is silent", () => {
    const known = board(100, 100, 20);
    known.report("a", [of("a-long-name/v1", 1), of("another-one/v1", 1, 0)], 0);
    known.report("b", [of("b/v1", 1)], 1);
    expect([known.of("another-one/v1", 1), known.leftOut]).toEqual([[], 1]);
    expect(known.of("b/v1", 1)).toHaveLength(1);
    known.report("b", [of("another-one/v1", 1)], 60_000);
    expect(known.of("another-one/v1", 60_000)).toHaveLength(1);
  });

  it("keeps what is unwell, and nothing else, where there is little room", () => {
    const known = board(2, 4);
    const count = (cluster: string) => known.of(cluster, 0).length;
    known.report("a", [of("a/1", 1), of("a/2", 1)], 0);
    known.report("b", [of("a/1", 1), of("a/2", 1, 0)], 0);
    expect([count("a/1"), count("a/2"), known.leftOut]).toEqual([1, 2, 1]);
    known.report("a", [], 0);
    known.report("b", [of("a/1", 1), of("a/2", 1, 0)], 0);
    expect([count("a/1"), count("a/2"), known.leftOut]).toEqual([1, 1, 1]);
  });

  it("keeps no more than it may, however unwell all is", () => {
    const known = board(2, 4);
    const unwell = ["a/1", "a/2", "a/3"].map((cluster) => of(cluster, 1, 0));
    known.report("a", unwell, 0);
    known.report("b", unwell, 0);
    expect([known.of("a/1", 0).length, known.of("a/2", 0).length, known.leftOut]).toEqual([
      2, 1, 2,
    ]);
    expect([...known.unwell(0)].sort()).toEqual(["a/1", "a/2", "a/3"]);
    known.report("a", unwell, 1);
    expect(known.reporters(1).count).toBe(2);
  });
});

describe("proxies that agree", () => {
  it("are one, with the worst first, and the longest of their times", () => {
    const known = board();
    known.report("c", [of("web/v1", 3)], 0);
    known.report("b", [of("web/v1", 3, 1, 1)], 1);
    known.report("a", [of("web/v1", 3, 1, 1)], 2);
    known.report("d", [of("web/v1", 3, 2, 0)], 3);
    known.report("b", [of("web/v1", 3, 1, 1)], 4);
    const found = agreements(known.of("web/v1", 4));
    expect(found.map(({ proxies, sinceMs, heardMs }) => [proxies, sinceMs, heardMs])).toEqual([
      [["a", "b"], 1, 2],
      [["d"], 3, 3],
      [["c"], undefined, 0],
    ]);
    expect(found.map(({ ejected, failing }) => [ejected, failing])).toEqual([
      [1, 1],
      [0, 1],
      [0, 0],
    ]);
  });

  it("are none where nobody tells", () => {
    expect(agreements([])).toEqual([]);
  });
});
