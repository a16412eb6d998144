import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import { reasons } from "../../../../src/xds/end-reason.ts";
import { readReporter, readStats } from "../../../../src/xds/stats/read-stats.ts";
import { attribute, gauge, messageOf, otlp, stats, statsOf } from "../../../support/otlp.ts";
import "../../../support/seed.ts";

const named = (...attributes: readonly object[]) =>
  readReporter(otlp({ resourceMetrics: [{ resource: { attributes } }] }));

const healthIn = (bytes: Uint8Array) => {
  const found = readStats(bytes);
  return "code" in found ? found : found.health;
};

const longest = "n".repeat(limits.xds.nameBytes);

describe("who sends statistics", () => {
  it("is said by an attribute of the resource, among others", () => {
    expect(readReporter(stats("edge-1", { "web/v1": { total: 1, healthy: 1 } }))).toBe("edge-1");
    const others = [attribute("service.name", "envoy"), attribute("service.instance.idx", "no")];
    expect(named(...others, attribute("service.instance.id", "edge-2"))).toBe("edge-2");
    expect(named(attribute("service.instance.id", longest))).toBe(longest);
  });

  it.each([
    ["nobody", named(), reasons.noStatsNode],
    ["an empty name", named(attribute("service.instance.id", "")), reasons.noStatsNode],
    [
      "a number",
      named({ key: "service.instance.id", value: { intValue: 7 } }),
      reasons.noStatsNode,
    ],
    [
      "too long a name",
      named(attribute("service.instance.id", `${longest}n`)),
      reasons.statsNameTooLong,
    ],
    ["no message", readReporter(Uint8Array.of(0x0a, 0x7f)), reasons.malformedStats],
    [
      "more attributes than there may be",
      named(...Array.from({ length: limits.stats.parts + 1 }, () => attribute("a", "b"))),
      reasons.malformedStats,
    ],
  ])("is refused: %s", (_, found, reason) => {
    expect(found).toBe(reason);
  });
});

describe("statistics", () => {
  it("are put together by cluster, whatever is in its name", () => {
    const clusters = {
      "web/v1": { total: 3, healthy: 3 },
      "shop.eu/v2.1": { total: 3, healthy: 1, ejected: 1 },
      "a.membership_total/v1": { total: 0, healthy: 0, ejected: 0 },
    };
    expect(healthIn(stats("edge-1", clusters))).toEqual(
      Object.entries(clusters).map(([cluster, each]) => ({ cluster, ejected: 0, ...each })),
    );
  });

  it("are passed over where they are others", () => {
    const message = messageOf("edge-1", [
      ...statsOf("web/v1", { total: 2, healthy: 1 }),
      gauge("cluster.web/v1.membership_degraded", 7),
      gauge("server.membership_total", 7),
      gauge("cluster..membership_total", 7),
      gauge("cluster.membership_total", 7),
      gauge("cluster", 7),
      gauge("", 7),
      { name: "cluster.web/v1.upstream_rq_total", sum: { dataPoints: [{ asInt: 7 }] } },
    ]);
    expect(healthIn(message)).toEqual([{ cluster: "web/v1", total: 2, healthy: 1, ejected: 0 }]);
  });

  it("say nothing of a cluster where one is missing, or is no whole number", () => {
    const half = gauge("cluster.half/v1.membership_total", 2);
    const name = "cluster.web/v1.membership_healthy";
    const total = gauge("cluster.web/v1.membership_total", 2);
    const broken: readonly object[] = [
      { name, gauge: { dataPoints: [{ asDouble: 1.5 }] } },
      { name, gauge: {} },
      { name, sum: { dataPoints: [{ asInt: 1 }] } },
      { name },
    ];
    for (const each of broken) expect(healthIn(messageOf("n", [half, total, each]))).toEqual([]);
    expect(healthIn(messageOf("n", []))).toEqual([]);
    expect(healthIn(new Uint8Array())).toEqual([]);
  });

  it("count by the last point, as the last word", () => {
    const message = messageOf("n", [
      gauge("cluster.a/b.membership_total", 1, 5),
      gauge("cluster.a/b.membership_healthy", 4),
    ]);
    expect(healthIn(message)).toMatchObject([{ total: 5, healthy: 4 }]);
  });

  const most = limits.stats.members;
  it.each([most + 1, -1, 2 ** 40])("are refused with %i endpoints", (total) => {
    expect(healthIn(stats("n", { "a/b": { total, healthy: 0 } }))).toBe(reasons.malformedStats);
    expect(healthIn(stats("n", { "a/b": { total: most, healthy: 0 } }))).toHaveLength(1);
  });

  it("are refused with a long name, or with too many", () => {
    const members = { total: 1, healthy: 1 };
    expect(healthIn(stats("n", { [longest]: members }))).toHaveLength(1);
    expect(healthIn(stats("n", { [`${longest}n`]: members }))).toBe(reasons.statsNameTooLong);
    const many = Array.from({ length: limits.stats.metrics }, () => ({}));
    expect(healthIn(messageOf("n", many))).toEqual([]);
    expect(healthIn(messageOf("n", [...many, {}]))).toBe(reasons.tooManyStats);
  });

  it("of any bytes are read or refused, and never a failure", () => {
    const valid = stats("edge-1", { "web/v1": { total: 2, healthy: 1, ejected: 1 } });
    const isFine = (bytes: Uint8Array): void => {
      const found = readStats(bytes);
      if ("code" in found) expect(Object.values(reasons)).toContain(found);
      const node = readReporter(bytes);
      if (typeof node !== "string") expect(Object.values(reasons)).toContain(node);
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), isFine));
    fc.assert(
      fc.property(fc.nat(valid.length - 1), fc.nat(255), (at, byte) => {
        const bytes = Uint8Array.from(valid);
        bytes[at] = byte;
        isFine(bytes);
        isFine(valid.subarray(0, at));
      }),
    );
  });
});
