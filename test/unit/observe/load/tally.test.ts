import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import type {
  ClusterLoad,
  EndpointLoad,
  LoadCounts,
  LoadReport,
} from "../../../../src/observe/load/report.ts";
import { LoadTally, type TallyBounds } from "../../../../src/observe/load/tally.ts";
import "../../../support/seed.ts";

/** Later than any report. */
const nowMs = 90_000;

const counts = (ok: number, errors = 0, inProgress = 0): LoadCounts => ({ ok, errors, inProgress });

const load = (cluster: string, of: LoadCounts, more: Partial<ClusterLoad> = {}): ClusterLoad => ({
  ...{ cluster, serviceName: "", dropped: 0, metrics: new Map(), endpoints: [] },
  ...of,
  ...more,
});

const at = (address: string, of: LoadCounts): EndpointLoad => ({ address, ...of });

const report = (atMs: number, ...clusters: readonly ClusterLoad[]): LoadReport => ({
  ...{ reporter: "edge-1", atMs, intervalMs: 2_000, restsWhenIdle: false, clusters },
});

const tallyOf = (bounds: Partial<TallyBounds> = {}) => new LoadTally({ ...limits.load, ...bounds });

describe("a tally of load", () => {
  it("sums up what has ended, and knows what has not by the last report alone", () => {
    const tally = tallyOf();
    const ms = (count: number, total: number) => ({ metrics: new Map([["ms", { count, total }]]) });
    tally.report(1, report(10, load("web/v1", counts(5, 1, 3), { dropped: 2, ...ms(2, 30) })));
    tally.report(2, report(20, load("web/v1", counts(1, 0, 1), ms(1, 5))));
    tally.report(1, report(30, load("web/v1", counts(4, 1, 2), { dropped: 1 })));
    expect(tally.cluster("web/v1", nowMs)).toEqual({
      ...{ cluster: "web/v1", serviceName: "", ok: 10, errors: 2, inProgress: 3, dropped: 3 },
      metrics: new Map([["ms", { count: 3, total: 35 }]]),
      ...{ endpoints: [], reporters: 2, heardMs: 20, atMs: 30 },
    });
  });

  it("takes a cluster that a report does not name for idle", () => {
    const tally = tallyOf();
    const busy = counts(1, 0, 4);
    tally.report(1, report(10, load("web/v1", busy, { endpoints: [at("a:1", busy)] })));
    tally.report(1, report(20));
    expect(tally.cluster("web/v1", nowMs)).toMatchObject({
      ...{ ok: 1, inProgress: 0, reporters: 1, heardMs: 20, atMs: 10 },
      endpoints: [{ address: "a:1", ok: 1, errors: 0, inProgress: 0, atMs: 10 }],
    });
  });

  it("keeps the counts of a proxy that has gone, and nothing else of it", () => {
    const tally = tallyOf();
    tally.report(1, report(10, load("web/v1", counts(1, 2, 4))));
    tally.report(2, { ...report(20), reporter: "edge-2" });
    tally.left(1);
    tally.left(1);
    tally.left(9);
    const gone = { ok: 1, errors: 2, inProgress: 0, reporters: 0, heardMs: undefined };
    expect(tally.cluster("web/v1", nowMs)).toMatchObject(gone);
    const there = [{ reporter: "edge-2", heardMs: 20, intervalMs: 2_000 }];
    expect(tally.reporters(nowMs)).toEqual(there);
    expect(tally.totals(nowMs)).toMatchObject({ reporters: 1, oldestAtMs: 20 });
  });

  it("tells two proxies of one name apart", () => {
    const tally = tallyOf();
    tally.report(1, report(10, load("web/v1", counts(1, 0, 1))));
    tally.report(2, report(20, load("web/v1", counts(1, 0, 1))));
    tally.left(2);
    expect(tally.cluster("web/v1", nowMs)).toMatchObject({
      inProgress: 1,
      reporters: 1,
      heardMs: 10,
    });
    expect(tally.reporters(nowMs)).toHaveLength(1);
  });

  it("gives all of it as values that stay as they are", () => {
    const tally = tallyOf();
    const metrics = new Map([["ms", { count: 1, total: 7 }]]);
    const first = load("web/v1", counts(1, 2, 3), { metrics });
    tally.report(1, report(10, first, load("shop/v1", counts(4))));
    const clusters = [...tally.totals(nowMs).clusters];
    tally.report(1, report(20, first));
    expect(clusters).toEqual([
      { cluster: "web/v1", ...counts(1, 2, 3), metrics },
      { cluster: "shop/v1", ...counts(4), metrics: new Map() },
    ]);
    expect(tally.totals(nowMs)).toMatchObject({ reporters: 1, oldestAtMs: 20 });
    expect(tallyOf().totals(nowMs)).toMatchObject({ reporters: 0, oldestAtMs: undefined });
  });

  it("hears of one that rests while it is idle as long as it is there", () => {
    const tally = tallyOf();
    const resting = { restsWhenIdle: true };
    tally.report(1, { ...report(10, load("web/v1", counts(1))), ...resting });
    tally.report(2, report(500));
    expect(tally.totals(nowMs).oldestAtMs).toBe(10);
    tally.report(1, { ...report(20), ...resting });
    expect(tally.totals(nowMs).oldestAtMs).toBe(500);
    expect(tally.cluster("web/v1", nowMs)?.heardMs).toBe(nowMs);
    expect(tally.reporters(nowMs).map(({ heardMs }) => heardMs)).toEqual([nowMs, 500]);
    tally.left(2);
    expect(tally.totals(nowMs).oldestAtMs).toBe(nowMs);
  });

  it("does not wait for one that is silent while others report", () => {
    const tally = tallyOf();
    const { silentMs } = limits.load;
    tally.report(1, report(0, load("web/v1", counts(1))));
    tally.report(2, report(silentMs, load("web/v1", counts(1))));
    expect(tally.judged(silentMs)).toMatchObject({ reporters: 2, oldestAtMs: 0 });
    const later = silentMs + 1;
    expect(tally.judged(later)).toMatchObject({ reporters: 1, oldestAtMs: silentMs });
    expect([...tally.judged(later).clusters]).toMatchObject([{ ok: 2 }]);
    tally.report(1, report(later));
    expect(tally.judged(later)).toMatchObject({ reporters: 2, oldestAtMs: silentMs });
    const never = { reporters: 0, oldestAtMs: undefined };
    expect(tally.judged(later + silentMs + 1)).toMatchObject(never);
  });

  it("waits longer for those who report less often, but not for ever", () => {
    const tally = tallyOf();
    const { silentMs, slowMs } = limits.load;
    const slow = 30_000 + limits.xds.loadIntervalMs;
    tally.report(1, { ...report(0), intervalMs: slow });
    expect(tally.judged(slow)).toMatchObject({ reporters: 1, oldestAtMs: 30_000 });
    expect(tally.judged(10_000)).toMatchObject({ reporters: 1, oldestAtMs: 10_000 });
    expect(tally.judged(30_000 + silentMs).reporters).toBe(1);
    expect(tally.judged(30_001 + silentMs).reporters).toBe(0);
    tally.report(1, { ...report(0), intervalMs: 1e9 });
    expect(tally.judged(slowMs + silentMs).reporters).toBe(1);
    expect(tally.judged(slowMs + silentMs + 1).reporters).toBe(0);
  });

  it("has room for so much, and says what it left out", () => {
    const tally = tallyOf({ clusters: 2, endpoints: 3, metrics: 1 });
    const endpoints = ["a:1", "b:1"].map((address) => at(address, counts(1)));
    const metrics = new Map(["x", "y"].map((name) => [name, { count: 1, total: 1 }]));
    tally.report(1, report(1, load("a", counts(1), { endpoints, metrics })));
    expect(tally.leftOut).toBe(1);
    tally.report(1, report(2, load("b", counts(1), { endpoints })));
    expect(tally.leftOut).toBe(2);
    tally.report(1, report(3, load("c", counts(1)), load("a", counts(1), { endpoints, metrics })));
    expect(tally.leftOut).toBe(4);
    expect(tally.clusters(nowMs).map(({ cluster, ok }) => `${cluster} ${ok}`)).toEqual([
      "a 2",
      "b 1",
    ]);
    expect(tally.clusters(nowMs).map((each) => each.endpoints.length)).toEqual([2, 1]);
  });

  it("forgets what nobody had requests of for long, and has its room again", () => {
    const tally = tallyOf({ clusters: 1, endpoints: 2, forgetMs: 1_000 });
    const both = { endpoints: [at("a:1", counts(1)), at("b:1", counts(1))] };
    tally.report(1, report(100, load("old", counts(1), both)));
    tally.report(1, report(500, load("old", counts(1), { endpoints: [at("b:1", counts(1))] })));
    tally.report(1, report(1_100, load("old", counts(1))));
    expect(tally.cluster("old", nowMs)?.endpoints.map(({ address }) => address)).toEqual(["b:1"]);
    tally.report(1, report(2_099, load("new", counts(1))));
    expect([tally.cluster("new", nowMs), tally.leftOut]).toEqual([undefined, 1]);
    tally.report(1, report(2_200, load("new", counts(1), both)));
    expect(tally.cluster("old", nowMs)).toBeUndefined();
    expect(tally.cluster("new", nowMs)?.endpoints).toHaveLength(2);
    tally.left(1);
    expect(tally.cluster("new", nowMs)?.reporters).toBe(0);
  });

  it("does not forget what is in progress", () => {
    const tally = tallyOf({ forgetMs: 1_000 });
    tally.report(1, report(0, load("long", counts(0, 0, 1))));
    tally.report(2, report(5_000));
    expect(tally.cluster("long", nowMs)).toMatchObject({ inProgress: 1 });
    tally.report(1, report(5_001));
    tally.report(2, report(6_000));
    expect(tally.cluster("long", nowMs)).toBeUndefined();
  });
});

/** What a random proxy does. */
type Act =
  | { readonly kind: "left"; readonly stream: number }
  | {
      readonly kind: "report";
      readonly stream: number;
      readonly loads: readonly (readonly [cluster: string, endpoint: string, of: LoadCounts])[];
    };

const someCounts: fc.Arbitrary<LoadCounts> = fc.record({
  ok: fc.nat(9),
  errors: fc.nat(9),
  inProgress: fc.nat(3),
});
const someLoad = fc.tuple(fc.constantFrom("a", "b", "c"), fc.constantFrom("x", "y"), someCounts);
const stream = fc.nat(3);
const someAct: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ kind: fc.constant("left" as const), stream }),
  fc.record({
    kind: fc.constant("report" as const),
    stream,
    loads: fc.array(someLoad, { maxLength: 4 }),
  }),
);

/** The sum over acts for which `counts` holds, worked out from scratch. */
function expected(acts: readonly Act[], isOf: (cluster: string, endpoint: string) => boolean) {
  const sum = { ok: 0, errors: 0, inProgress: 0 };
  const last = new Map<number, Act>();
  for (const act of acts) {
    last.set(act.stream, act);
    if (act.kind === "left") continue;
    for (const [cluster, endpoint, of] of act.loads) {
      if (!isOf(cluster, endpoint)) continue;
      sum.ok += of.ok;
      sum.errors += of.errors;
    }
  }
  for (const act of last.values()) {
    if (act.kind === "left") continue;
    for (const [cluster, endpoint, of] of act.loads) {
      if (isOf(cluster, endpoint)) sum.inProgress += of.inProgress;
    }
  }
  return sum;
}

it("a tally is the sum of all reports, whoever comes and goes", () => {
  fc.assert(
    fc.property(fc.array(someAct, { maxLength: 40 }), (acts) => {
      const tally = tallyOf();
      for (const [atMs, act] of acts.entries()) {
        if (act.kind === "left") tally.left(act.stream);
        else {
          const loads = act.loads.map(([cluster, address, of]) =>
            load(cluster, of, { endpoints: [at(address, of)] }),
          );
          tally.report(act.stream, report(atMs, ...loads));
        }
      }
      for (const { cluster, endpoints, ok, errors, inProgress } of tally.clusters(nowMs)) {
        const sum = expected(acts, (each) => each === cluster);
        expect({ ok, errors, inProgress }).toEqual(sum);
        for (const { address, atMs: _, ...found } of endpoints) {
          expect(found).toEqual(
            expected(acts, (each, endpoint) => each === cluster && endpoint === address),
          );
        }
      }
    }),
    { numRuns: 500 },
  );
});
