/** How long requests took, from messages of a real Envoy 1.40.0 and from others. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import { reasons } from "../../../../src/xds/end-reason.ts";
import { readReporter, readStats } from "../../../../src/xds/stats/read-stats.ts";
import { gauge, histogram, messageOf, otlp } from "../../../support/otlp.ts";
import "../../../support/seed.ts";

const recorded = (name: string): Buffer =>
  Buffer.from(
    readFileSync(new URL(`envoy-1.40/${name}.base64`, import.meta.url), "utf8"),
    "base64",
  );

const latencyIn = (bytes: Uint8Array) => {
  const found = readStats(bytes);
  return "code" in found ? found : found.latency;
};

const envoyBounds = [
  ...[0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000],
  ...[300_000, 600_000, 1_800_000, 3_600_000],
];
const bucketsOf = (counts: Readonly<Record<number, number>>): number[] =>
  Array.from({ length: envoyBounds.length + 1 }, (_, index) => counts[index] ?? 0);

const name = "cluster.web/v1.upstream_rq_time";
const bounds = [1, 10];

describe("latency in messages of a real Envoy", () => {
  it("is a histogram for each cluster with requests, beside what it finds of endpoints", () => {
    const bytes = recorded("deltas");
    expect(readReporter(bytes)).toBe("edge-1");
    expect(latencyIn(bytes)).toEqual([
      { cluster: "shop/v2+v1", bounds: envoyBounds, counts: bucketsOf({ 7: 44 }) },
      { cluster: "shop/v1", bounds: envoyBounds, counts: bucketsOf({ 4: 37, 5: 19 }) },
      { cluster: "web/v1", bounds: envoyBounds, counts: bucketsOf({ 4: 32, 5: 52, 6: 11 }) },
      { cluster: "web/v2", bounds: envoyBounds, counts: bucketsOf({ 7: 5 }) },
    ]);
    expect(readStats(bytes)).toMatchObject({ health: { length: 6 } });
  });

  it("shares the bounds of its buckets", () => {
    const found = latencyIn(recorded("deltas"));
    if ("code" in found) throw new Error(found.message);
    expect(new Set(found.map((each) => each.bounds)).size).toBe(1);
  });

  it("is not taken where counts are those since its start", () => {
    expect(latencyIn(recorded("cumulative"))).toEqual([]);
  });
});

describe("latency", () => {
  it("is read with bounds of any kind, each cluster with its own", () => {
    const message = messageOf("n", [
      histogram("cluster.a.b/v1.0.upstream_rq_time", { bounds, counts: [1, 2, 3] }),
      gauge("cluster.a.b/v1.0.membership_total", 1),
      histogram("cluster.a/v2.upstream_rq_time", { bounds: [5], counts: [0, 7] }),
      histogram("cluster.a/v3.upstream_rq_time", { bounds: [], counts: [4] }),
    ]);
    expect(latencyIn(message)).toEqual([
      { cluster: "a.b/v1.0", bounds, counts: [1, 2, 3] },
      { cluster: "a/v2", bounds: [5], counts: [0, 7] },
      { cluster: "a/v3", bounds: [], counts: [4] },
    ]);
  });

  it.each([
    [
      "another statistic",
      histogram("cluster.web/v1.upstream_cx_length_ms", { bounds, counts: [1, 0, 0] }),
    ],
    ["a gauge of that name", gauge(name, 5)],
    ["no temporality", histogram(name, { bounds, counts: [1, 0, 0] }, 0)],
    ["no buckets", { name, histogram: { aggregationTemporality: 1, dataPoints: [{ sum: 5 }] } }],
    ["no requests", histogram(name, { bounds, counts: [0, 0, 0] })],
    ["no points", { name, histogram: { aggregationTemporality: 1 } }],
  ])("is passed over: %s", (_, metric) => {
    expect(latencyIn(messageOf("n", [metric]))).toEqual([]);
  });

  const most = limits.stats.buckets;
  it.each([
    ["fewer buckets than bounds", { bounds, counts: [1, 2] }],
    ["bounds that do not rise", { bounds: [10, 10], counts: [1, 2, 3] }],
    ["bounds below 0", { bounds: [-1, 10], counts: [1, 2, 3] }],
    ["a bound that is no number", { bounds: [Number.NaN, 10], counts: [1, 2, 3] }],
    ["a bound without end", { bounds: [1, Number.POSITIVE_INFINITY], counts: [1, 2, 3] }],
    ["too many requests", { bounds, counts: [limits.stats.requests + 1, 0, 0] }],
    [
      "too many buckets",
      { bounds: Array.from({ length: most }, (_, at) => at + 1), counts: Array(most + 1).fill(1) },
    ],
  ])("is refused with %s", (_, buckets) => {
    expect(latencyIn(messageOf("n", [histogram(name, buckets)]))).toBe(reasons.malformedStats);
  });

  it("is read with as much as there may be", () => {
    const many = Array.from({ length: most - 1 }, (_, at) => at + 1);
    const counts = many.map(() => limits.stats.requests);
    const buckets = { bounds: many, counts: [...counts, 0] };
    expect(latencyIn(messageOf("n", [histogram(name, buckets)]))).toHaveLength(1);
  });

  it("of any bytes is read or refused, and never a failure", () => {
    const valid = messageOf("n", [histogram(name, { bounds, counts: [1, 2, 3] })]);
    fc.assert(
      fc.property(fc.nat(valid.length - 1), fc.nat(255), (at, byte) => {
        const bytes = Uint8Array.from(valid);
        bytes[at] = byte;
        for (const each of [bytes, valid.subarray(0, at)]) {
          const found = readStats(each);
          if ("code" in found) expect(Object.values(reasons)).toContain(found);
        }
      }),
    );
  });

  it("of nothing at all is nothing", () => {
    expect(readStats(otlp({}))).toEqual({ health: [], latency: [] });
  });
});
