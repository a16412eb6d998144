import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ServiceName, SubsetName } from "../../../../src/model/names.ts";
import { cutShares, drawnShares } from "../../../../src/translate/lane/shares.ts";
import type { PlannedCluster } from "../../../../src/translate/route/plan.ts";
import { apportion, denominator } from "../../../../src/translate/split/apportion.ts";
import "../../../support/seed.ts";

const cluster = (subset: string, weight: number): PlannedCluster => ({
  service: "web" as ServiceName,
  subset: subset as SubsetName,
  weight,
  failover: [],
  servedVersionHeader: undefined,
  requestHeaders: undefined,
  responseHeaders: undefined,
});

const lane = (name: string, share: number) => ({
  share,
  inLane: (clusters: readonly PlannedCluster[]) =>
    clusters.map((each) => ({ ...each, subset: `${each.subset}~${name}` as SubsetName })),
});

const shown = (clusters: readonly PlannedCluster[]): string =>
  clusters.map(({ subset, weight }) => `${subset} ${weight}`).join(", ");

const sum = (clusters: readonly PlannedCluster[]): number =>
  clusters.reduce((total, { weight }) => total + weight, 0);

const split = [cluster("v1", 9_000), cluster("v2", 1_000)];

describe("shares of lanes", () => {
  it("leave the ratio of the others, where they are drawn", () => {
    expect(shown(drawnShares(split, [lane("a", 1_000), lane("b", 500)]))).toBe(
      "v1~a 900, v2~a 100, v1~b 450, v2~b 50, v1 7650, v2 850",
    );
  });

  it("leave the others their places, where they are cut", () => {
    expect(shown(cutShares(split, [lane("a", 1_000), lane("b", 8_500)]))).toBe(
      "v1~a 1000, v2~a 0, v1~b 8000, v2~b 500, v1 0, v2 500",
    );
  });

  it("stop at the whole: the first ones have theirs", () => {
    const lanes = [lane("a", 7_000), lane("b", 7_000), lane("c", 1)];
    for (const made of [drawnShares(split, lanes), cutShares(split, lanes)]) {
      expect(sum(made)).toBe(denominator);
      expect(sum(made.filter(({ subset }) => subset.endsWith("~a")))).toBe(7_000);
      expect(sum(made.filter(({ subset }) => subset.endsWith("~b")))).toBe(3_000);
    }
  });

  const clusters = fc
    .array(fc.nat(10_000), { minLength: 1, maxLength: 6 })
    .filter((weights) => weights.some((weight) => weight > 0))
    .map((weights) => apportion(weights).map((weight, i) => cluster(`v${i}`, weight)));
  const shares = fc.array(fc.integer({ min: 1, max: 9_999 }), { minLength: 1, maxLength: 4 });

  it("are exact, and the sum stays the denominator", () => {
    fc.assert(
      fc.property(clusters, shares, (base, wanted) => {
        const lanes = wanted.map((share, i) => lane(String(i), share));
        for (const made of [drawnShares(base, lanes), cutShares(base, lanes)]) {
          expect(sum(made)).toBe(denominator);
          expect(made.every(({ weight }) => weight >= 0)).toBe(true);
          const first = made.filter(({ subset }) => subset.endsWith("~0"));
          expect(sum(first)).toBe(wanted[0]);
        }
      }),
    );
  });

  it("keep who is in the first lane while its share grows, and who is outside where he was", () => {
    fc.assert(
      fc.property(
        clusters,
        fc.integer({ min: 1, max: 9_998 }),
        fc.nat(9_999),
        (base, share, place) => {
          const at = (made: readonly PlannedCluster[]): string => {
            let end = 0;
            for (const { subset, weight } of made) {
              end += weight;
              if (place < end) return subset;
            }
            return "";
          };
          const before = at(cutShares(base, [lane("a", share)]));
          const after = at(cutShares(base, [lane("a", share + 1)]));
          if (before.endsWith("~a")) expect(after).toBe(before);
          else expect(before).toBe(at(base));
          const drawn = at(drawnShares(base, [lane("a", share)]));
          if (drawn.endsWith("~a")) {
            expect(at(drawnShares(base, [lane("a", share + 1)]))).toMatch(/~a$/);
          }
        },
      ),
    );
  });
});
