import { describe, expect, it } from "vitest";
import { splitOf } from "../../../../src/translate/split/split.ts";
import { subsetsOf } from "../../../../src/translate/split/subsets.ts";
import { type ServiceParts, service } from "../states.ts";

const split = (parts: ServiceParts) => {
  const made = service("web", parts);
  const { shares, diagnostics } = splitOf(made, subsetsOf(made));
  return {
    shares: Object.fromEntries(shares.map(({ subset, weight }) => [subset, weight / 100])),
    codes: diagnostics.map(({ code }) => code),
  };
};

const instances = [{ version: "v1" }, { version: "v2" }, { version: "v3" }];

describe("a version that a guard has taken out", () => {
  it("has no share, whatever weight it is given", () => {
    expect(split({ instances, weights: { v1: 50, v2: 50 }, latched: ["v2"] })).toEqual({
      shares: { v1: 100, v2: 0, v3: 0 },
      codes: ["SPLIT_LATCHED"],
    });
  });

  it("has no share by the weights of its instances", () => {
    expect(split({ instances, latched: ["v2"] })).toEqual({
      shares: { v1: 50, v2: 0, v3: 50 },
      codes: ["SPLIT_LATCHED"],
    });
    const canary = [{ version: "v1" }, { version: "v2", canary: true }];
    expect(split({ instances: canary, latched: ["v2"] }).codes).toEqual(["SPLIT_LATCHED"]);
    // It would have had none anyway.
    const drained = [{ version: "v1" }, { version: "v2", weight: 0 }];
    expect(split({ instances: drained, latched: ["v2"] }).codes).toEqual([]);
  });

  it("leaves its share to the fallback that it names", () => {
    const subsets = [{ name: "v1" }, { name: "v2", fallback: "v3" }, { name: "v3" }];
    const parts = { instances, subsets, weights: { v1: 90, v2: 10, v3: 0 }, latched: ["v2"] };
    expect(split(parts).shares).toEqual({ v1: 90, v2: 0, v3: 10 });
  });

  it("is not asked even where nobody else has weight", () => {
    const { shares } = split({ instances, weights: { v1: 0, v2: 100 }, latched: ["v2"] });
    expect(shares).toEqual({ v1: 100, v2: 0, v3: 0 });
  });

  it("is no fallback of another one", () => {
    const parts = {
      instances: [{ version: "v2" }, { version: "v3" }],
      subsets: [{ name: "v1", fallback: "v2" }, { name: "v2" }, { name: "v3" }],
      weights: { v1: 100, v2: 0, v3: 0 },
      latched: ["v2"],
    };
    expect(split(parts).shares["v2"]).toBe(0);
  });

  it("is not asked where all others are drained: requests fail rather", () => {
    const drained = [{ version: "v1" }, { version: "v2", weight: 0 }];
    expect(split({ instances: drained, latched: ["v1"] })).toEqual({
      shares: { v1: 0, v2: 100 },
      codes: ["SPLIT_LATCHED", "SPLIT_NO_ENDPOINTS"],
    });
  });

  it("says what it waits for in one sentence", () => {
    const made = service("web", { instances, weights: { v1: 50, v2: 50 }, latched: ["v2"] });
    const [told] = splitOf(made, subsetsOf(made)).diagnostics;
    const until = "until `serin rollout retry web`";
    expect(told).toMatchObject({
      key: "weights/web",
      message: `v2 was taken out by the guard http-5xx: its share goes to v1 ${until}`,
    });
    const byTags = service("web", { instances, latched: ["v2"] });
    expect(splitOf(byTags, subsetsOf(byTags)).diagnostics).toMatchObject([
      {
        key: "services/web",
        message: `v2 was taken out by the guard http-5xx: its share goes to the rest ${until}`,
      },
    ]);
  });

  it("keeps its instances, so that proxies go on probing them", () => {
    const made = service("web", { instances, latched: ["v2"] });
    const v2 = subsetsOf(made).find(({ name }) => name === "v2");
    expect(v2).toMatchObject({ usable: false, latched: true, instances: [{ id: "i2" }] });
  });
});
