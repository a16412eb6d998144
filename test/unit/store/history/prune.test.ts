import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type HistoryBounds, prunableKeys } from "../../../../src/store/history/prune.ts";
import { historyKey, operationId } from "../../../../src/store/history/record.ts";

const key = (service: string, atMs: number): string => historyKey(service, operationId(atMs, "0a"));

const bounds: HistoryBounds = { recordsPerService: 5, records: 100, ageMs: 1_000, newest: 2 };

const keys = (service: string, count: number, from = 0): readonly string[] =>
  Array.from({ length: count }, (_, i) => key(service, from + i));

describe("pruning", () => {
  it("takes the oldest of a service that has too many", () => {
    const all = [...keys("web", 7), ...keys("api", 5)];
    expect(prunableKeys(all, 10, bounds)).toEqual([key("web", 0), key("web", 1)]);
  });

  it("takes what is too old, but never the newest", () => {
    expect(prunableKeys(keys("web", 4), 1_001, bounds)).toEqual([key("web", 0)]);
    expect(prunableKeys(keys("web", 4), 1_000_000, bounds)).toEqual([key("web", 0), key("web", 1)]);
  });

  it("takes the oldest of all when there are too many in all, but never the newest", () => {
    const all = [...keys("old", 3), ...keys("new", 3, 100)];
    const few = { ...bounds, records: 5 };
    expect(prunableKeys(all, 200, few)).toEqual([key("old", 0)]);
    const none = { ...bounds, records: 0 };
    expect(prunableKeys(all, 200, none)).toEqual([key("old", 0), key("new", 100)]);
  });

  it("counts what goes by age before it takes more for the number", () => {
    const all = [...keys("web", 3), ...keys("api", 4, 5_000)];
    const few = { ...bounds, records: 6 };
    expect(prunableKeys(all, 5_500, few)).toEqual([key("web", 0)]);
  });

  it("leaves alone what is no record", () => {
    const foreign = ["history/web/mine", "weights/web", "history/web/a/b"];
    expect(prunableKeys(foreign, 1e12, { ...bounds, records: 0, newest: 0 })).toEqual([]);
  });

  it("keeps the bounds, the newest, and the newer of any two of a service", () => {
    const record = fc.tuple(fc.constantFrom("a", "b", "c"), fc.nat(2_000));
    fc.assert(
      fc.property(fc.array(record, { maxLength: 60 }), fc.nat(3_000), (records, nowMs) => {
        const small = { recordsPerService: 8, records: 15, ageMs: 1_000, newest: 2 };
        const all = new Set(records.map(([service, atMs]) => key(service, atMs)));
        const pruned = new Set(prunableKeys(all, nowMs, small));
        const kept = [...all].filter((each) => !pruned.has(each));
        for (const service of ["a", "b", "c"]) {
          const of = (list: Iterable<string>) =>
            [...list].filter((each) => each.startsWith(`history/${service}/`)).sort();
          const [own, left] = [of(all), of(kept)];
          expect(left.length).toBeLessThanOrEqual(small.recordsPerService);
          expect(left.length).toBeGreaterThanOrEqual(Math.min(own.length, small.newest));
          expect(left).toEqual(own.slice(own.length - left.length));
        }
        expect(kept.length).toBeLessThanOrEqual(Math.max(small.records, 3 * small.newest));
        // Nothing goes without need.
        if (all.size <= 8 && nowMs <= 1_000) expect(pruned.size).toBe(0);
      }),
    );
  });
});
