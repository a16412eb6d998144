import { describe, expect, it } from "vitest";
import { type Retiring, retires, sweep } from "../../../src/snapshot/retirement.ts";
import { typeUrls } from "../../../src/snapshot/type-url.ts";
import { CDS, EDS, LDS, RDS } from "./resources.ts";

const one: Retiring = {
  typeUrl: CDS,
  name: "c",
  sinceMs: 0,
  listenerGeneration: 3,
  routeGeneration: 7,
  ackedAtMs: undefined,
};
const times = { graceMs: 10, maxMs: 100 };

describe("retirement", () => {
  it("is for clusters and load assignments only", () => {
    expect(Object.values(typeUrls).filter(retires)).toEqual([CDS, EDS]);
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
      (typeUrl, generation) => (applied.get(typeUrl) ?? 0) >= generation,
      5,
      times,
    );
    expect(release).toEqual([]);
    expect(keep).toEqual([{ ...one, ackedAtMs: acked ? 5 : undefined }]);
  });

  it("the grace counts from the first time that all had ACKed, and is not taken back", () => {
    const seen = { ...one, ackedAtMs: 5 };
    const never = (): boolean => false;
    expect(sweep([seen], never, 14, times).keep).toEqual([seen]);
    expect(sweep([seen], never, 15, times).release).toEqual([seen]);
  });

  it("each goes for itself", () => {
    const old = { ...one, name: "old", sinceMs: -100 };
    const result = sweep([one, old], () => false, 0, times);
    expect([result.keep, result.release]).toEqual([[one], [old]]);
  });
});
