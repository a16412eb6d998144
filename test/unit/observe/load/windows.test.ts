import { describe, expect, it } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import type { SubsetCounts } from "../../../../src/observe/load/replica-counts.ts";
import type { SubsetSignal } from "../../../../src/observe/load/signal.ts";
import { LoadWindows } from "../../../../src/observe/load/windows.ts";
import { metricsOf, replica, subsetCounts } from "./counts.ts";

const { beatMs, freshMs, lookbackMs, publishMs } = limits.load;
const v1 = (ok: number, errors = 0, inProgress = 0): Readonly<Record<string, SubsetCounts>> => ({
  v1: subsetCounts(ok, errors, inProgress),
});
const signalOf = (windows: LoadWindows, nowMs: number, back: number = lookbackMs): SubsetSignal =>
  windows.signal("web", "v1", back, nowMs);
const pair = ({ counts: { ok, errors } }: SubsetSignal) => [ok, errors];

describe("a signal", () => {
  it("of what nobody has told of is empty, and has no age", () => {
    expect(signalOf(new LoadWindows(), 5)).toEqual({
      subset: "v1",
      counts: { ok: 0, errors: 0 },
      inProgress: 0,
      metrics: new Map(),
      ageMs: undefined,
      reporters: 0,
    });
  });

  it("has what was told within the look-back, by seconds", () => {
    const windows = new LoadWindows();
    windows.take("a", replica("a-1", 1, v1(10, 1)), 1_000);
    windows.take("a", replica("a-1", 2, v1(15, 3)), 2_000);
    windows.take("a", replica("a-1", 3, v1(15, 9)), 3_000);
    expect(pair(signalOf(windows, 3_999, 1_000))).toEqual([0, 6]);
    expect(pair(signalOf(windows, 3_999, 2_000))).toEqual([5, 8]);
    expect(pair(signalOf(windows, 3_999))).toEqual([15, 9]);
    expect(pair(signalOf(windows, 4_000, 1_000))).toEqual([0, 0]);
    expect(pair(signalOf(windows, 4_000, 0))).toEqual([0, 0]);
  });

  it("looks back so far and no further", () => {
    const windows = new LoadWindows();
    windows.take("a", replica("a-1", 1, v1(1)), 0);
    expect(pair(signalOf(windows, lookbackMs - 1))).toEqual([1, 0]);
    expect(pair(signalOf(windows, lookbackMs))).toEqual([0, 0]);
    expect(pair(signalOf(windows, lookbackMs, 10 * lookbackMs))).toEqual([0, 0]);
    windows.take("a", replica("a-1", 2, v1(4)), lookbackMs);
    expect(pair(signalOf(windows, lookbackMs, 10 * lookbackMs))).toEqual([3, 0]);
  });

  it("is merged over replicas, and over versions of other services it is not", () => {
    const windows = new LoadWindows();
    windows.take("a", replica("a-1", 1, { ...v1(1, 2, 3), v2: subsetCounts(70) }), 1_000);
    windows.take("b", replica("b-1", 1, v1(10, 20, 30)), 1_500);
    expect(signalOf(windows, 1_500)).toMatchObject({
      counts: { ok: 11, errors: 22 },
      inProgress: 33,
    });
    expect(windows.signal("shop", "v1", lookbackMs, 1_500).counts).toEqual({ ok: 0, errors: 0 });
  });

  it("has the figures that backends report", () => {
    const windows = new LoadWindows();
    const told = (seq: number, cpu: readonly [number, number]) =>
      replica("a-1", seq, { v1: subsetCounts(9, 0, 0, { cpu, idle: [0, 0] }) });
    windows.take("a", told(1, [4, 2]), 1_000);
    windows.take("a", told(2, [6, 8]), 2_000);
    expect(signalOf(windows, 2_000, 1_000).metrics).toEqual(metricsOf({ cpu: [2, 6] }));
    expect(signalOf(windows, 2_000).metrics).toEqual(metricsOf({ cpu: [6, 8] }));
  });

  it("spreads what was counted over the time in which it was", () => {
    const windows = new LoadWindows();
    windows.take("a", replica("a-1", 1, v1(0)), 0);
    // Ten seconds in which the store was away.
    windows.take("a", replica("a-1", 2, v1(101, 20), { forMs: 11_000 }), 10_000);
    expect(pair(signalOf(windows, 10_000, 5_000))).toEqual([51, 10]);
    expect(pair(signalOf(windows, 10_000, 10_000))).toEqual([101, 20]);
    // Whatever was counted for longer than one may look back is left out in proportion.
    windows.take("b", replica("b-1", 1, { v2: subsetCounts(1_200) }, { forMs: 1_200_000 }), 10_000);
    expect(windows.signal("web", "v2", lookbackMs, 10_000).counts.ok).toBe(600);
    windows.take("c", replica("c-1", 1, { v3: subsetCounts(1e9) }, { forMs: 1e15 }), 10_000);
    expect(windows.signal("web", "v3", lookbackMs, 10_000).counts.ok).toBeLessThan(2);
  });
});

describe("a quiet replica", () => {
  it("has what came after it there where it came, unless a value was lost between", () => {
    const following = (seq: number) => ({
      ...replica("a-1", 9, v1(100), { forMs: 9e6 }),
      sameUntil: { seq, agoMs: 2_000 },
    });
    const one = new LoadWindows();
    one.take("a", replica("a-1", 5, v1(0), { forMs: 9e6 }), 1_000);
    one.take("a", following(5), 11_000);
    expect(pair(signalOf(one, 11_000, 2_000))).toEqual([100, 0]);
    const other = new LoadWindows();
    other.take("a", replica("a-1", 4, v1(0), { forMs: 9e6 }), 1_000);
    other.take("a", following(5), 11_000);
    expect(pair(signalOf(other, 11_000, 2_000))).toEqual([20, 0]);
  });

  it("has fresh reports until it says otherwise, but not for longer than it may be quiet", () => {
    const windows = new LoadWindows();
    windows.take("a", replica("a-1", 1, v1(9), { ageMs: 500 }), 0);
    expect(signalOf(windows, 1_000).ageMs).toBe(1_500);
    expect(signalOf(windows, beatMs).ageMs).toBe(freshMs);
    expect(signalOf(windows, beatMs + publishMs + 1).ageMs).toBe(beatMs + publishMs + 501);
    windows.take("a", replica("a-1", 2, v1(9), { ageMs: freshMs + 1 }), 20_000);
    expect(signalOf(windows, 25_000).ageMs).toBe(freshMs + 5_001);
  });
});

describe("a replica", () => {
  it("that is told by the first list begins there: when its counts came nobody knows", () => {
    const windows = new LoadWindows();
    windows.meet("a", replica("a-1", 5, v1(1_000, 500, 7), { forMs: 9e6, ageMs: 20 }), 1_000);
    const met = signalOf(windows, 1_000);
    expect(met).toMatchObject({ counts: { ok: 0, errors: 0 }, inProgress: 7, reporters: 0 });
    expect(met.ageMs).toBeGreaterThan(lookbackMs);
    windows.take("a", replica("a-1", 6, v1(1_002, 501), { forMs: 9e6, ageMs: 20 }), 2_000);
    const next = signalOf(windows, 2_000);
    expect(next).toMatchObject({ counts: { ok: 2, errors: 1 }, ageMs: 20, reporters: 1 });
  });

  it("that begins anew counts from zero, whichever way its key went", () => {
    const windows = new LoadWindows();
    windows.take("a", replica("a-1", 9, v1(100, 10)), 1_000);
    windows.take("a", replica("a-2", 1, v1(3, 1)), 2_000);
    expect(pair(signalOf(windows, 2_000))).toEqual([103, 11]);
    windows.forget("a");
    windows.take("a", replica("a-3", 1, v1(5)), 3_000);
    expect(pair(signalOf(windows, 3_000))).toEqual([108, 11]);
  });

  it("whose value comes twice, late or out of order is counted once", () => {
    const windows = new LoadWindows();
    windows.take("a", replica("a-1", 1, v1(5)), 1_000);
    windows.take("a", replica("a-1", 3, v1(9)), 2_000);
    windows.take("a", replica("a-1", 3, v1(9)), 3_000);
    windows.take("a", replica("a-1", 2, v1(7)), 3_000);
    windows.meet("a", replica("a-1", 2, v1(7)), 3_000);
    windows.take("a", replica("a-1", 4, v1(10)), 4_000);
    expect(pair(signalOf(windows, 4_000))).toEqual([10, 0]);
    // Nor is it any fresher for that.
    windows.take("a", replica("a-1", 4, v1(10)), 4_500);
    expect(signalOf(windows, 4_500).ageMs).toBe(500);
    // Two processes that fight for one key are two all the same.
    windows.take("a", replica("x", 1, v1(1)), 5_000);
    windows.take("a", replica("a-1", 5, v1(12)), 6_000);
    windows.take("a", replica("x", 2, v1(2)), 7_000);
    expect(pair(signalOf(windows, 7_000))).toEqual([14, 0]);
  });

  it("that counts a version anew adds all of it", () => {
    const windows = new LoadWindows();
    const told = (seq: number, ok: number, cpu: readonly [number, number]) =>
      replica("a-1", seq, { v1: subsetCounts(ok, 0, 0, { cpu }) });
    windows.take("a", told(1, 100, [50, 5]), 1_000);
    windows.take("a", told(2, 4, [2, 1]), 2_000);
    windows.take("a", told(3, 9, [1, 3]), 3_000);
    expect(pair(signalOf(windows, 3_000))).toEqual([109, 0]);
    expect(signalOf(windows, 3_000, 2_000).metrics).toEqual(metricsOf({ cpu: [3, 4] }));
  });

  it("whose key has gone leaves its counts, and takes its reporters and what they had under way", () => {
    const windows = new LoadWindows();
    windows.take("a", replica("a-1", 1, v1(5, 1, 4), { reporters: 2 }), 1_000);
    windows.take("b", replica("b-1", 1, v1(1, 0, 1), { reporters: 1, ageMs: 500 }), 1_000);
    windows.forget("a");
    expect(signalOf(windows, 1_000)).toMatchObject({
      counts: { ok: 6, errors: 1 },
      inProgress: 1,
      reporters: 1,
      ageMs: 500,
    });
    windows.forget("b");
    expect(signalOf(windows, 1_000)).toMatchObject({ reporters: 0, ageMs: undefined });
    // It comes back and goes on: its lease had run out while etcd was away.
    windows.take("a", replica("a-1", 2, v1(8, 1)), 4_000);
    expect(pair(signalOf(windows, 4_000))).toEqual([9, 1]);
  });
});

describe("freshness", () => {
  it("is that of the oldest of the newest reports, and grows while nothing comes", () => {
    const windows = new LoadWindows();
    windows.take("a", replica("a-1", 1, v1(1), { ageMs: 700, reporters: 3 }), 1_000);
    windows.take("b", replica("b-1", 1, v1(1), { ageMs: 100, reporters: 2 }), 1_400);
    expect(signalOf(windows, 2_000)).toMatchObject({ ageMs: 1_700, reporters: 5 });
    windows.take("a", replica("a-1", 2, v1(1), { ageMs: 0, reporters: 3 }), 2_000);
    expect(signalOf(windows, 2_000)).toMatchObject({ ageMs: 700, reporters: 5 });
  });

  it("does not count a replica without reporters, nor one that was silent for longer than it may be", () => {
    const windows = new LoadWindows();
    windows.take("a", replica("a-1", 1, v1(1), { reporters: 0 }), 1_000);
    expect(signalOf(windows, 9_000)).toMatchObject({ ageMs: undefined, reporters: 0 });
    windows.take("b", replica("b-1", 1, v1(1), { reporters: 2 }), 2_000);
    expect(signalOf(windows, 9_000, 5_000)).toMatchObject({ ageMs: 6_000, reporters: 2 });
    expect(signalOf(windows, 20_000, 5_000)).toMatchObject({ ageMs: 18_000, reporters: 0 });
    expect(signalOf(windows, 20_000, 18_000)).toMatchObject({ ageMs: 18_000, reporters: 2 });
  });
});

describe("bounds", () => {
  const versions = (count: number, metrics = {}) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, i) => [`v${i}`, subsetCounts(1, 0, 0, metrics)]),
    );

  it("leave out versions that have no room, say so, and make room of what is over", () => {
    const windows = new LoadWindows();
    const most = limits.load.windows;
    expect(windows.take("a", replica("a-1", 1, versions(most)), 0)).toBeUndefined();
    const trouble = windows.take("b", replica("b-1", 1, { x: subsetCounts(1), ...v1(1) }), 0);
    expect(trouble).toBe("1 versions, or figures of them, have no room");
    expect(windows.signal("web", "x", lookbackMs, 0).counts.ok).toBe(0);
    expect(windows.signal("web", "v1", lookbackMs, 0).counts.ok).toBe(2);
    const later = replica("b-1", 2, { x: subsetCounts(3) });
    expect(windows.take("b", later, lookbackMs)).toBeUndefined();
    expect(windows.signal("web", "x", lookbackMs, lookbackMs).counts.ok).toBe(2);
  });

  it("leave out figures that have no room, say so, and make room of what is over", () => {
    const windows = new LoadWindows();
    const most = limits.load.metricWindows;
    const many = replica("a-1", 1, versions(most, { cpu: [1, 1] }));
    expect(windows.take("a", many, 0)).toBeUndefined();
    const more = (seq: number) =>
      replica("b-1", seq, { v1: subsetCounts(seq, 0, 0, { lag: [seq, 1] }) });
    expect(windows.take("b", more(1), 0)).toContain("have no room");
    expect(windows.signal("web", "v1", lookbackMs, 0)).toMatchObject({
      counts: { ok: 2 },
      metrics: metricsOf({ cpu: [1, 1] }),
    });
    expect(windows.take("b", more(2), lookbackMs)).toBeUndefined();
    expect(windows.signal("web", "v1", lookbackMs, lookbackMs).metrics.get("lag")?.count).toBe(1);
  });

  it("remember so many processes: those that have gone make room, and those that are there stay", () => {
    const windows = new LoadWindows();
    const most = limits.load.starts;
    for (let n = 0; n < most; n += 1) windows.take(`r${n}`, replica(`s${n}`, 1, v1(1)), 0);
    expect(windows.take("more", replica("more", 1, v1(1)), 0)).toContain(`more than ${most}`);
    expect(signalOf(windows, 0)).toMatchObject({ counts: { ok: most }, reporters: most });
    windows.forget("r3");
    expect(windows.take("more", replica("more", 1, v1(1)), 0)).toBeUndefined();
    expect(signalOf(windows, 0)).toMatchObject({ counts: { ok: most + 1 }, reporters: most });
    windows.take("r0", replica("s0", 2, v1(2)), 0);
    expect(pair(signalOf(windows, 0))).toEqual([most + 2, 0]);
    // Of those that have gone, the one goes first that was heard of the longest ago.
    for (const gone of ["r0", "r1"]) windows.forget(gone);
    windows.take("new", replica("new", 1, v1(0)), 0);
    windows.take("r0", replica("s0", 3, v1(3)), 0);
    expect(pair(signalOf(windows, 0))).toEqual([most + 3, 0]);
  });
});
