import { describe, expect, it } from "vitest";
import type { HealthCheck, Sickness } from "../../../../src/model/service.ts";
import { returnWaitMs } from "../../../../src/rollout/probe/return-wait.ts";
import { seed } from "../../../support/seed.ts";
import { seededRandom } from "../../../support/seeded-random.ts";

const check: HealthCheck = {
  check: { kind: "tcp" },
  intervalMs: 5_000,
  timeoutMs: 1_000,
  unhealthyThreshold: 3,
  healthyThreshold: 1,
};
const afterOutage = (outageMs: number, kind: Sickness["kind"] = "connection"): Sickness => ({
  ...{ sinceMs: 18_000, kind, reason: "" },
  backMs: 18_000 + outageMs,
});

describe("the wait of a version that is back", () => {
  it.each<[string, Sickness, number]>([
    ["that has answered all the time", afterOutage(3_600_000, "answer"), 3_000],
    ["that was away", afterOutage(0), 3_000 + 0.9 * 18_000],
    ["that did not answer in time", afterOutage(0, "timeout"), 3_000 + 0.9 * 18_000],
    ["that was away for long", afterOutage(3_600_000), 3_000 + 144_000],
    ["by a clock that went back", afterOutage(-5_000), 3_000 + 0.9 * 18_000],
  ])("%s", (_, sickness, ms) => {
    expect(returnWaitMs(sickness, check)).toBe(ms);
  });

  it("is longer than gRPC clients wait to connect again, whenever that is", () => {
    const random = seededRandom(seed);
    for (let run = 0; run < 2_000; run++) {
      const outageMs = 18_000 + random() * 600_000;
      // https://github.com/grpc/grpc/blob/master/doc/connection-backoff.md
      let nextMs = 0;
      for (
        let backoffMs = 1_000;
        nextMs <= outageMs;
        backoffMs = Math.min(120_000, backoffMs * 1.6)
      ) {
        nextMs += backoffMs * (0.8 + 0.4 * random());
      }
      expect(nextMs - outageMs).toBeLessThan(returnWaitMs(afterOutage(outageMs - 18_000), check));
    }
  });
});
