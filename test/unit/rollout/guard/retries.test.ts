import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import { LoadWindows } from "../../../../src/observe/load/windows.ts";
import { lookSince, reportedSince, tooSoon } from "../../../../src/rollout/guard/retries.ts";
import { replica, subsetCounts } from "../../observe/load/counts.ts";
import { guard } from "../judge/rules.ts";
import { subset } from "./guard-world.ts";

const { lateMs } = limits.load;
const look = { guard: guard(), subset: subset("v2"), nth: 0 };

describe("what proxies report after a retry", () => {
  it("is not held against the version where it may be of the time before", () => {
    const times = { retriedMs: fc.nat(100_000), lateMs: fc.nat(lateMs), sinceMs: fc.nat(200_000) };
    fc.assert(
      fc.property(fc.record(times), ({ retriedMs, lateMs: late, sinceMs }) => {
        const windows = new LoadWindows();
        const told = (errors: number) => ({ v2: subsetCounts(0, errors, 0) });
        windows.take("a", replica("a-1", 1, told(0)), 0);
        windows.take("a", replica("a-1", 2, told(50)), retriedMs + late);
        const nowMs = retriedMs + Math.max(late, sinceMs);
        const backMs = lookSince(look, nowMs - retriedMs).guard.lookbackMs;
        if (backMs === 0) return;
        expect(windows.signal("web", "v2", backMs, nowMs).counts.errors).toBe(0);
      }),
    );
  });

  it("is looked at from then on, as far as the guard looks back", () => {
    expect([0, lateMs, lateMs + 999, lateMs + 1_000].map(reportedSince)).toEqual([0, 0, 0, 1_000]);
    expect(lookSince(look, lateMs + 7_600).guard.lookbackMs).toBe(7_000);
    expect(lookSince(look, 3_600_000).guard.lookbackMs).toBe(look.guard.lookbackMs);
    expect(lookSince(look, undefined)).toBe(look);
  });

  it("is said to be of the time before as long as it may be", () => {
    const said = (retriedMs: number) => tooSoon(lookSince(look, retriedMs), retriedMs);
    expect(said(2_000)).toBe(
      "v2: brought back 2 s ago, and what proxies report may be of the time before",
    );
    expect(said(lateMs + 1_000)).toBeUndefined();
  });
});
