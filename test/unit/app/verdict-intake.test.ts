import pino from "pino";
import { describe, expect, it } from "vitest";
import { createHealthObserver, withVerdicts } from "../../../src/app/verdict-intake.ts";
import { limits } from "../../../src/config/limits.ts";
import type { HealthReportEvent } from "../../../src/index.ts";
import { VerdictBoard } from "../../../src/observe/verdict/board.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const found = (cluster: string) => ({ cluster, total: 2, healthy: 1, ejected: 1 });

describe("what Envoys find", () => {
  it("is kept of clusters that may be versions, and the observer is told of all", () => {
    const board = new VerdictBoard(limits.verdict);
    const told: HealthReportEvent[] = [];
    const clock = new FakeClock();
    const { healthReported } = withVerdicts({ healthReported: (e) => told.push(e) }, board, clock);
    const longest = `${"s".repeat(253)}/${"v".repeat(253)}`;
    const clusters = ["web/v1", "serin", longest, `${longest}v`].map(found);
    healthReported?.({ node: "edge-1", peer: "p", clusters });
    expect([...board.unwell(clock.monotonicMs())]).toEqual(["web/v1", longest]);
    expect(told).toEqual([{ node: "edge-1", peer: "p", clusters }]);
  });

  it("is logged once for each reason that it was not taken for, and each time for a bug", () => {
    const lines: string[] = [];
    const { healthRefused } = createHealthObserver(pino({}, { write: (line) => lines.push(line) }));
    const refusal = { peer: "p", code: "invalid_argument", reason: "none" } as const;
    const bug = { ...refusal, code: "internal", bug: new Error("a bug") } as const;
    for (const each of [refusal, refusal, { ...refusal, reason: "other" }, bug, bug]) {
      healthRefused?.(each);
    }
    const levels = lines.map((line) => (JSON.parse(line) as { readonly level: number }).level);
    expect(levels).toEqual([40, 40, 50, 50]);
  });
});
