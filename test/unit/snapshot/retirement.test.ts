import { describe, expect, it } from "vitest";
import { makeResource } from "../../../src/snapshot/resource.ts";
import { isPutOff, type Progress, type Retiring, sweep } from "../../../src/snapshot/retirement.ts";
import { typeUrls } from "../../../src/snapshot/type-url.ts";
import { CDS, EDS, LDS, RDS } from "./resources.ts";

const one: Retiring = {
  typeUrl: CDS,
  name: "c",
  next: undefined,
  sinceMs: 0,
  listenerGeneration: 3,
  routeGeneration: 7,
  scopeGeneration: 0,
  runtimeGeneration: 0,
  ackedAtMs: undefined,
  drainFromMs: undefined,
};
const times = { graceMs: 10, maxMs: 100, drainMs: 1_000 };

describe("retirement", () => {
  const any = new Uint8Array();
  const usable = makeResource({ typeUrl: EDS, name: "c", any });
  const empty = makeResource({ typeUrl: EDS, name: "c", any, serves: false });

  it("removal waits for clusters and load assignments only", () => {
    const waiting = Object.values(typeUrls).filter((typeUrl) =>
      isPutOff(makeResource({ typeUrl, name: "c", any }), undefined),
    );
    expect(waiting).toEqual([CDS, EDS]);
  });

  it("a load assignment that loses its last endpoint waits, every other change goes at once", () => {
    expect(isPutOff(usable, empty)).toBe(true);
    expect(isPutOff(usable, usable)).toBe(false);
    expect(isPutOff(empty, empty)).toBe(false);
    expect(isPutOff(empty, usable)).toBe(false);
    const cluster = makeResource({ typeUrl: CDS, name: "c", any });
    expect(isPutOff(cluster, { ...cluster, version: "2" })).toBe(false);
  });

  it("nothing is forced while a proxy lives on old routes because it rejected the new ones", () => {
    const rejected = (): Progress => "rejected";
    const pending = (): Progress => "pending";
    expect(sweep([one], rejected, 1_000, times).keep).toEqual([one]);
    expect(sweep([one], pending, 1_000, times).release).toEqual([one]);
  });

  it.each([
    [3, 7, true],
    [3, 6, false],
    [2, 7, false],
    [4, 8, true],
  ])("listeners applied to %i and routes to %i: ACKed is %s", (listener, route, acked) => {
    const applied = new Map([
      [LDS, listener],
      [RDS, route],
    ]);
    const { keep, release } = sweep(
      [one],
      (typeUrl, generation) => ((applied.get(typeUrl) ?? 0) >= generation ? "applied" : "pending"),
      5,
      times,
    );
    expect(release).toEqual([]);
    expect(keep).toEqual([{ ...one, ackedAtMs: acked ? 5 : undefined }]);
  });

  it("the grace counts from the first time that all had ACKed, and is not taken back", () => {
    const seen = { ...one, ackedAtMs: 5 };
    const never = (): Progress => "pending";
    expect(sweep([seen], never, 14, times).keep).toEqual([seen]);
    expect(sweep([seen], never, 15, times).release).toEqual([seen]);
  });

  it("each goes for itself", () => {
    const old = { ...one, name: "old", sinceMs: -100 };
    const result = sweep([one, old], () => "pending", 0, times);
    expect([result.keep, result.release]).toEqual([[one], [old]]);
  });

  it("what connections may need that are drained stays for what is left of the drain", () => {
    const all = (): Progress => "applied";
    const seen = { ...one, sinceMs: 300, drainFromMs: 0, ackedAtMs: 500 };
    expect(sweep([seen], all, 1_199, times).keep).toEqual([seen]);
    expect(sweep([seen], all, 1_200, times).release).toEqual([seen]);
    const late = { ...seen, sinceMs: 5_000, ackedAtMs: 5_000 };
    expect(sweep([late], all, 5_010, times).release).toEqual([late]);
  });

  it("a proxy that does not answer cuts no drain short", () => {
    const drains = { ...one, drainFromMs: 0 };
    const pending = (): Progress => "pending";
    expect(sweep([drains], pending, 1_099, times).keep).toEqual([drains]);
    expect(sweep([drains], pending, 1_100, times).release).toEqual([drains]);
  });

  it("asks once for all that retire by one change, and no more once they were ACKed", () => {
    let asked = 0;
    const counted = (): Progress => {
      asked += 1;
      return "applied";
    };
    const many = Array.from({ length: 100 }, (_, n) => ({ ...one, name: `${n}` }));
    const { keep } = sweep(many, counted, 1, times);
    expect([keep.length, asked]).toEqual([100, 4]);
    sweep(keep, counted, 2, times);
    expect(asked).toBe(4);
  });
});
