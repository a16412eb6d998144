import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Service } from "../../../../src/model/service.ts";
import { denominator } from "../../../../src/translate/split/apportion.ts";
import { type Split, splitOf } from "../../../../src/translate/split/split.ts";
import { subsetsOf } from "../../../../src/translate/split/subsets.ts";
import { type InstanceParts, type ServiceParts, service } from "../states.ts";

const split = (subject: Service): Split => splitOf(subject, subsetsOf(subject));

function sharesOf(parts: ServiceParts): readonly string[] {
  return split(service("web", parts)).shares.map(({ subset, weight }) => `${subset}=${weight}`);
}

const codesOf = (parts: ServiceParts): readonly string[] =>
  split(service("web", parts)).diagnostics.map(({ code, path }) => `${code} ${path}`.trim());

const many = (count: number, parts: InstanceParts): readonly InstanceParts[] =>
  Array.from({ length: count }, () => parts);

describe("split by tags", () => {
  it("adds up the weights of a version's instances, 100 where none is given", () => {
    const instances = [{ version: "v1" }, { version: "v1", weight: 200 }, { version: "v2" }];
    expect(sharesOf({ instances })).toEqual(["v1=7500", "v2=2500"]);
  });

  it("orders versions naturally, canaries last", () => {
    const instances = [
      { version: "v10" },
      { version: "v2" },
      { version: "v1", canary: true, weight: 100 },
    ];
    expect(sharesOf({ instances })).toEqual(["v2=3334", "v10=3333", "v1=3333"]);
  });

  it("gives canary instances 5 % together, however many and of however many versions", () => {
    const stable = many(3, { version: "v1" });
    const canary = many(7, { version: "v2", canary: true });
    expect(sharesOf({ instances: [...stable, ...canary] })).toEqual(["v1=9500", "v2=500"]);
    const two = [...canary, ...many(7, { version: "v3", canary: true })];
    expect(sharesOf({ instances: [...stable, ...two] })).toEqual(["v1=9500", "v2=250", "v3=250"]);
  });

  it("takes a canary's own weight as any other weight", () => {
    const instances = [{ version: "v1" }, { version: "v2", canary: true, weight: 100 }];
    expect(sharesOf({ instances })).toEqual(["v1=5000", "v2=5000"]);
  });

  it("gives canaries all where there is nothing else", () => {
    expect(sharesOf({ instances: [{ version: "v2", canary: true }] })).toEqual(["v2=10000"]);
  });

  it("gives a drained version nothing, and instances without a version a subset", () => {
    const instances = [{ weight: 100 }, { version: "v1", weight: 0 }];
    expect(sharesOf({ instances })).toEqual(["default=10000", "v1=0"]);
  });

  it("leads to the first subset, with a diagnostic, where nobody takes traffic", () => {
    expect(sharesOf({})).toEqual(["default=10000"]);
    expect(codesOf({})).toEqual(["SPLIT_NO_ENDPOINTS"]);
    const instances = [{ version: "v1", weight: 0 }];
    expect(codesOf({ instances })).toEqual(["SPLIT_NO_ENDPOINTS"]);
  });
});

describe("split by weights", () => {
  const both = [{ version: "v1" }, { version: "v2" }];

  it("overrides tags; what is not named gets nothing", () => {
    expect(sharesOf({ instances: both, weights: { v2: 3, v1: 1 } })).toEqual([
      "v1=2500",
      "v2=7500",
    ]);
    expect(sharesOf({ instances: both, weights: { v1: 1 } })).toEqual(["v1=10000", "v2=0"]);
  });

  it("keeps a version at zero in the list, and says nothing of one that is to come", () => {
    const parts = { instances: [{ version: "v1" }], weights: { v1: 100, v2: 0 } };
    expect(sharesOf(parts)).toEqual(["v1=10000", "v2=0"]);
    expect(codesOf(parts)).toEqual([]);
  });

  it("passes the share of a subset without endpoints to the rest, in its place", () => {
    const subsets = [{ name: "v1" }, { name: "v2" }, { name: "v3" }];
    const parts = { instances: both, subsets, weights: { v1: 60, v2: 20, v3: 20 } };
    expect(sharesOf(parts)).toEqual(["v1=6000", "v2=2000", "v3=0", "v1=1500", "v2=500"]);
    expect(codesOf(parts)).toEqual(["SPLIT_NO_ENDPOINTS v3"]);
  });

  it("passes it along the fallbacks where there are any", () => {
    const subsets = [
      { name: "v1" },
      { name: "v2" },
      { name: "v3", fallback: "v4" },
      { name: "v4", fallback: "v1" },
    ];
    const parts = { instances: both, subsets, weights: { v1: 0, v2: 80, v3: 20 } };
    expect(sharesOf(parts)).toEqual(["v2=8000", "v3=0", "v1=2000", "v4=0"]);
    expect(codesOf(parts)).toEqual(["SPLIT_NO_ENDPOINTS v3"]);
  });

  it("survives fallbacks in a circle", () => {
    const subsets = [
      { name: "v8", fallback: "v9" },
      { name: "v9", fallback: "v8" },
      { name: "v1" },
    ];
    const parts = { instances: both, subsets, weights: { v8: 50, v1: 50 } };
    expect(sharesOf(parts)).toEqual(["v8=0", "v9=0", "v1=10000"]);
  });

  it("warns of names that do not exist, and keeps traffic away from nowhere", () => {
    const parts = { instances: both, weights: { v1: 50, v22: 50 } };
    expect(sharesOf(parts)).toEqual(["v1=10000", "v2=0", "v22=0"]);
    expect(codesOf(parts)).toEqual(["SPLIT_UNKNOWN_SUBSET v22"]);
    const subsets = [{ name: "v1" }, { name: "v2" }];
    expect(codesOf({ ...parts, subsets })).toEqual(["SPLIT_UNKNOWN_SUBSET v22"]);
    expect(sharesOf({ instances: both, weights: { v22: 1 } })).toEqual([
      "v1=10000",
      "v2=0",
      "v22=0",
    ]);
  });

  it("fails at the wanted subset rather than serve from one at zero", () => {
    const subsets = [{ name: "v1" }, { name: "v2" }];
    const parts = { instances: [{ version: "v1" }], subsets, weights: { v1: 0, v2: 100 } };
    expect(sharesOf(parts)).toEqual(["v1=0", "v2=10000"]);
    expect(codesOf(parts)).toEqual(["SPLIT_NO_ENDPOINTS"]);
  });

  it("sends everything to the first usable subset where all weights are zero", () => {
    const parts = { instances: both, weights: { v1: 0, v2: 0 } };
    expect(sharesOf(parts)).toEqual(["v1=10000", "v2=0"]);
    expect(codesOf(parts)).toEqual(["SPLIT_NO_ENDPOINTS"]);
  });
});

describe("any split", () => {
  const version = fc.constantFrom("v1", "v2", "v3", "v10", "");
  const parts = fc.record(
    {
      version,
      weight: fc.integer({ min: 0, max: 300 }),
      canary: fc.boolean(),
    },
    { requiredKeys: ["version"] },
  );
  const instances = fc.array(parts, { maxLength: 12 });
  const named = fc.constantFrom("v1", "v2", "v3", "v9");
  const weights = fc.dictionary(named, fc.integer({ min: 0, max: 100 }));
  const listed = fc.uniqueArray(
    fc.record({ name: named, fallback: named }, { requiredKeys: ["name"] }),
    { selector: ({ name }) => name, maxLength: 4 },
  );
  const anyService = fc
    .record({ instances, weights, subsets: listed }, { requiredKeys: ["instances"] })
    .map((each) => service("web", each));

  it("sums to the denominator, with a share for every subset, the same each time", () => {
    fc.assert(
      fc.property(anyService, (subject) => {
        const { shares } = split(subject);
        const named = new Set(shares.map(({ subset }) => subset));
        expect(named).toEqual(new Set(subsetsOf(subject).map((s) => s.name)));
        expect(shares.reduce((sum, { weight }) => sum + weight, 0)).toBe(denominator);
        expect(split(subject)).toEqual(split(subject));
      }),
    );
  });

  it("gives weight only to subsets that can take traffic, or says that nobody can", () => {
    fc.assert(
      fc.property(anyService, (subject) => {
        const { shares, diagnostics } = split(subject);
        const usable = new Map(subsetsOf(subject).map((each) => [each.name, each.usable]));
        const bad = shares.filter(({ subset, weight }) => weight > 0 && !usable.get(subset));
        if (bad.length > 0)
          expect(diagnostics.map(({ code }) => code)).toContain("SPLIT_NO_ENDPOINTS");
      }),
    );
  });

  it("keeps its order whatever the weights are, while everybody has endpoints", () => {
    const names = (subject: Service) => split(subject).shares.map(({ subset }) => subset);
    const keys = ["v1", "v2", "v3"] as const;
    const moving = fc
      .tuple(fc.nat(100), fc.nat(100), fc.nat(100))
      .map((list) => Object.fromEntries(keys.map((key, i) => [key, list[i] ?? 0])));
    fc.assert(
      fc.property(moving, moving, (before, after) => {
        const list = keys.map((version) => ({ version }));
        const was = names(service("web", { instances: list, weights: before }));
        expect(names(service("web", { instances: list, weights: after }))).toEqual(was);
      }),
    );
  });

  it("is monotone in each weight while everybody has endpoints", () => {
    const all = ["v1", "v2", "v3"].map((each) => ({ version: each }));
    const three = fc.tuple(fc.nat(100), fc.nat(100), fc.nat(100));
    fc.assert(
      fc.property(three, fc.integer({ min: 1, max: 100 }), ([v1, v2, v3], more) => {
        fc.pre(v1 + v2 + v3 > 0);
        const before = split(service("web", { instances: all, weights: { v1, v2, v3 } }));
        const grown = { v1, v2: v2 + more, v3 };
        const after = split(service("web", { instances: all, weights: grown }));
        expect(after.shares[1]?.weight).toBeGreaterThanOrEqual(before.shares[1]?.weight ?? 0);
      }),
    );
  });
});
