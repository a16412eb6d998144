/** One release that is compared with the stable version all the while: what is proven, and when? */
import type { AnalysisMetric } from "../../src/model/rollout.ts";
import { judgeMetric, lookbackOf } from "../../src/rollout/judge/judge-metric.ts";
import { Reports } from "./reports.ts";
import { type TrafficShape, trafficOf } from "./traffic.ts";

export interface ComparisonScene {
  readonly metric: AnalysisMetric;
  readonly canary: TrafficShape;
  readonly stable: TrafficShape;
  readonly reportMs: number;
  readonly lengthMs: number;
}

export interface Proven {
  /** Milliseconds from the beginning; undefined: never. */
  readonly failedMs: number | undefined;
  readonly successfulMs: number | undefined;
}

/** The first measurement of each outcome. `judge` is another one to try it out. */
export function provenOf(
  { metric, canary, stable, reportMs, lengthMs }: ComparisonScene,
  random: () => number,
  judge: typeof judgeMetric = judgeMetric,
): Proven {
  const versions = [
    { reports: new Reports("v2"), requests: trafficOf(canary, random) },
    { reports: new Reports("v1"), requests: trafficOf(stable, random) },
  ] as const;
  const first = new Map<string, number>();
  let dueMs = metric.initialDelayMs;
  for (let nowMs = reportMs; nowMs <= lengthMs; nowMs += reportMs) {
    for (const { reports, requests } of versions) reports.add(nowMs, requests(nowMs));
    if (nowMs < dueMs) continue;
    dueMs = nowMs + metric.intervalMs;
    const lookbackMs = lookbackOf(metric, nowMs);
    const [canarySeen, stableSeen] = versions;
    const pair = {
      kind: "pair",
      canary: canarySeen.reports.signal(lookbackMs, nowMs),
      stable: stableSeen.reports.signal(lookbackMs, nowMs),
    } as const;
    const { outcome } = judge(metric, pair, nowMs);
    if (!first.has(outcome)) first.set(outcome, nowMs);
    if (outcome === "failed") break;
  }
  return { failedMs: first.get("failed"), successfulMs: first.get("successful") };
}
