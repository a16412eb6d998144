import { describe, expect, it } from "vitest";
import { LatencyWindow } from "../../../../src/observe/latency/window.ts";

const bounds = { windowMs: 30_000, stepMs: 5_000, versions: 2, scales: 2 };
const scale = [10, 20, 40];
/** So many requests in the bucket of that number. */
const requests = (bucket: number, count: number, of = scale) => ({
  scale: [...of],
  counts: Array.from({ length: of.length + 1 }, (_, at) => (at === bucket ? count : 0)),
});

describe("the window of latency", () => {
  it("adds up what proxies tell, and parts what is of another version", () => {
    const window = new LatencyWindow(bounds);
    window.add("web/v1", requests(0, 60), 1_000);
    window.add("web/v1", requests(1, 20), 2_000);
    window.add("web/v1", requests(1, 20), 7_000);
    window.add("web/v2", requests(2, 1), 7_000);
    expect(window.of("web/v1", 8_000)).toEqual({ p50: (10 * 50) / 60, p99: 10 + (10 * 39) / 40 });
    expect(window.of("web/v2", 8_000)).toEqual({ p50: 30, p99: 39.8 });
    expect(window.of("web/v3", 8_000)).toBeUndefined();
  });

  it("lets go of what is older than it, step by step", () => {
    const window = new LatencyWindow(bounds);
    window.add("web/v1", requests(2, 1), 1_000);
    window.add("web/v1", requests(0, 1), 6_000);
    expect(window.of("web/v1", 29_000)?.p99).toBeGreaterThan(20);
    expect(window.of("web/v1", 30_000)?.p99).toBeLessThan(10);
    expect(window.of("web/v1", 35_000)).toBeUndefined();
    window.add("web/v1", requests(1, 1), 100_000);
    expect(window.of("web/v1", 100_000)?.p50).toBe(15);
  });

  it("takes proxies with other buckets as well", () => {
    const window = new LatencyWindow(bounds);
    window.add("web/v1", requests(0, 50), 0);
    window.add("web/v1", requests(1, 50, [10, 15]), 0);
    expect(window.of("web/v1", 0)).toEqual({ p50: 10, p99: 14.9 });
  });

  it("counts what it has no room for, and has room again when others are over", () => {
    const window = new LatencyWindow(bounds);
    for (const version of ["a/v1", "b/v1", "c/v1"]) window.add(version, requests(0, 1), 0);
    expect([window.of("c/v1", 0), window.leftOut]).toEqual([undefined, 1]);
    window.add("b/v1", requests(0, 1), 29_000);
    window.add("c/v1", requests(0, 1), 31_000);
    expect([window.of("c/v1", 31_000)?.p50, window.leftOut]).toEqual([5, 1]);
    window.add("c/v1", requests(0, 1, [1]), 31_000);
    window.add("c/v1", requests(0, 1, [2]), 31_000);
    expect(window.leftOut).toBe(2);
  });
});
