import { describe, expect, it } from "vitest";
import { withLatency } from "../../../src/app/latency-intake.ts";
import { limits } from "../../../src/config/limits.ts";
import type { LatencyReportEvent } from "../../../src/index.ts";
import { LatencyWindow } from "../../../src/observe/latency/window.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const bounds = [10];

describe("how long requests took", () => {
  it("is kept by version, and the observer is told of all", () => {
    const window = new LatencyWindow(limits.latency);
    const told: LatencyReportEvent[] = [];
    const { latencyReported } = withLatency(
      { latencyReported: (event) => told.push(event) },
      window,
      new FakeClock(),
    );
    const longest = `${"s".repeat(253)}/${"v".repeat(253)}`;
    const names = ["web/v1", "serin", longest, `${longest}v`, "web/~blue", "web/v2+v1", "a/b/c"];
    const clusters = names.map((cluster) => ({ cluster, bounds, counts: [2, 0] }));
    latencyReported?.({ node: "edge-1", peer: "p", clusters });
    const known = [...names, "web/v2"].filter((name) => window.of(name, 0) !== undefined);
    expect(known).toEqual(["web/v1", longest, "web/v2"]);
    expect(told).toEqual([{ node: "edge-1", peer: "p", clusters }]);
  });
});
