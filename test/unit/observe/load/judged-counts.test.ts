import { describe, expect, it } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import { JudgedCounts } from "../../../../src/observe/load/judged-counts.ts";
import type { ReplicaCounts } from "../../../../src/observe/load/replica-counts.ts";
import { cluster, metricsOf, subsetCounts, totals } from "./counts.ts";

const subsetsOf = ({ services }: ReplicaCounts, service = "web") =>
  Object.fromEntries(services.get(service)?.subsets ?? []);

describe("counts of what is judged", () => {
  it("begin at zero when a service is first wanted, and rise with what is reported", () => {
    const counts = new JudgedCounts("a-1");
    const before = totals([cluster("web/v1", 1_000, 50), cluster("shop/v1", 7)]);
    expect(counts.judge(new Set(["web"]), before, 100)).toEqual([]);
    expect(subsetsOf(counts.next(before, 100))).toEqual({ v1: subsetCounts(0) });
    const after = totals([
      cluster("web/v1", 1_010, 53, 2),
      cluster("shop/v1", 9),
      cluster("web/v2", 4, 1),
    ]);
    const next = counts.next(after, 1_100);
    expect([...next.services.keys()]).toEqual(["web"]);
    expect(next.services.get("web")?.forMs).toBe(1_000);
    expect(subsetsOf(next)).toEqual({ v1: subsetCounts(10, 3, 2), v2: subsetCounts(4, 1) });
    expect(next).toMatchObject({ start: "a-1", seq: 2 });
  });

  it("leave out lanes, aggregates, and names that are no service and subset", () => {
    const counts = new JudgedCounts("a-1");
    counts.judge(new Set(["web", "route"]), totals([]), 0);
    const names = [
      "web/~lane",
      "web/v2+v1",
      "web",
      "web/",
      "/v1",
      "route/0/sticky",
      "~unavailable",
    ];
    const next = counts.next(totals(names.map((name) => cluster(name, 1))), 0);
    expect([...next.services.values()].map(({ subsets }) => subsets.size)).toEqual([0, 0]);
  });

  it("begin anew with a service that was not wanted for a while", () => {
    const counts = new JudgedCounts("a-1");
    const judge = (names: readonly string[], ok: number, nowMs: number): ReplicaCounts => {
      const all = totals([cluster("web/v1", ok)]);
      counts.judge(new Set(names), all, nowMs);
      return counts.next(all, nowMs);
    };
    judge(["web"], 0, 0);
    expect(subsetsOf(judge(["web"], 5, 1_000))).toEqual({ v1: subsetCounts(5) });
    expect(judge([], 9, 2_000).services.size).toBe(0);
    expect(counts.isIdle).toBe(true);
    expect(subsetsOf(judge(["web"], 11, 3_000))).toEqual({ v1: subsetCounts(0) });
    expect(judge(["web"], 12, 3_500).services.get("web")).toMatchObject({ forMs: 500 });
  });

  it("begin anew with a cluster that was forgotten", () => {
    const counts = new JudgedCounts("a-1");
    counts.judge(new Set(["web"]), totals([]), 0);
    const told = [[100, 9], undefined, [5, 1], [120, 3]].map((pair) =>
      subsetsOf(counts.next(totals(pair ? [cluster("web/v1", pair[0] ?? 0, pair[1])] : []), 0)),
    );
    expect(told.map(({ v1 }) => [v1?.ok, v1?.errors])).toEqual([
      [100, 9],
      [undefined, undefined],
      [5, 1],
      [120, 3],
    ]);
  });

  it("tell of the reporters as they are now", () => {
    const counts = new JudgedCounts("a-1");
    counts.judge(new Set(["web"]), totals([]), 0);
    expect(counts.next(totals([], 3, 400), 1_000)).toMatchObject({ reporters: 3, ageMs: 600 });
    const none = { clusters: [], reporters: 0, oldestAtMs: undefined };
    expect(counts.next(none, 1_000)).toMatchObject({ reporters: 0, ageMs: undefined });
  });
});

describe("bounds of what is judged", () => {
  it("leave out services beyond them, the last by name, and say which", () => {
    const most = limits.load.services;
    const names = Array.from({ length: most + 2 }, (_, i) => `s${String(i).padStart(5, "0")}`);
    const counts = new JudgedCounts("a-1");
    const leftOut = counts.judge(new Set([...names].reverse()), totals([]), 0);
    expect(leftOut).toEqual(names.slice(most));
    expect(counts.next(totals([]), 0).services.size).toBe(most);
    // One that is counted already stays; where one goes there is room.
    expect(counts.judge(new Set(names.slice(1)), totals([]), 0)).toEqual(names.slice(most + 1));
  });

  it("keep the versions of a service that were there first", () => {
    const counts = new JudgedCounts("a-1");
    counts.judge(new Set(["web"]), totals([]), 0);
    const most = limits.load.subsetsPerService;
    const clusters = Array.from({ length: most + 1 }, (_, i) => cluster(`web/v${i}`, 1));
    counts.next(totals(clusters), 0);
    const again = subsetsOf(counts.next(totals([...clusters].reverse()), 0));
    expect(Object.keys(again)).toHaveLength(most);
    expect(again[`v${most}`]).toBeUndefined();
  });

  it("have room for a new version after any number of old ones that are forgotten", () => {
    const counts = new JudgedCounts("a-1");
    counts.judge(new Set(["web"]), totals([]), 0);
    for (let release = 0; release < 3 * limits.load.subsetsPerService; release++) {
      const canary = cluster(`web/v${release + 1}`, release, 1);
      const next = counts.next(totals([cluster(`web/v${release}`, release, 1), canary]), 0);
      expect(subsetsOf(next)[`v${release + 1}`]).toEqual(subsetCounts(release, 1));
      expect(next.services.get("web")?.subsets.size).toBe(2);
    }
  });

  it("go on where the totals begin anew", () => {
    const counts = new JudgedCounts("a-1");
    counts.judge(new Set(["web"]), totals([]), 0);
    counts.next(totals([cluster("web/v1", 100, 9)]), 0);
    const next = counts.next(totals([cluster("web/v1", 5, 1)]), 0);
    expect(subsetsOf(next)).toEqual({ v1: subsetCounts(105, 10) });
  });

  it("keep so many figures of backends, and none whose sum is no number", () => {
    const counts = new JudgedCounts("a-1");
    counts.judge(new Set(["web"]), totals([]), 0);
    const names = Array.from({ length: limits.load.metricsPerSubset + 1 }, (_, i) => `m${i}`);
    const many = Object.fromEntries(names.map((name) => [name, [1, 2] as const]));
    const wild = { wild: [1, Number.NaN] as const, large: [1, Number.POSITIVE_INFINITY] as const };
    const metrics = { ...wild, ...many };
    const { v1 } = subsetsOf(counts.next(totals([cluster("web/v1", 9, 0, 0, metrics)]), 0));
    expect([...(v1?.metrics.keys() ?? [])]).toEqual(names.slice(0, -1));
    const more = { ...many, m0: [5, 12] as const };
    const next = subsetsOf(counts.next(totals([cluster("web/v1", 9, 0, 0, more)]), 0));
    expect(next["v1"]?.metrics.get("m0")).toEqual({ count: 5, total: 12 });
    expect(next["v1"]?.metrics.get("m1")).toEqual(metricsOf(many).get("m1"));
  });
});
