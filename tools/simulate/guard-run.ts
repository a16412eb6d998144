/** One release under the eyes of a guard: when does it trip? */
import type { Guard } from "../../src/model/guard.ts";
import { type GuardMemory, judgeGuard, neverLooked } from "../../src/rollout/judge/judge-guard.ts";
import { quickLookbacks } from "../../src/rollout/judge/quick-look.ts";
import { Reports } from "./reports.ts";
import { type TrafficShape, trafficOf } from "./traffic.ts";

export interface GuardScene {
  readonly guard: Guard;
  readonly traffic: TrafficShape;
  /** Between reports of the proxies. Each is looked at, as far as the guard's interval allows. */
  readonly reportMs: number;
  readonly lengthMs: number;
}

/** Milliseconds from the beginning; undefined: never. `judge` is another one to try it out. */
export function tripOf(
  { guard, traffic, reportMs, lengthMs }: GuardScene,
  random: () => number,
  judge: typeof judgeGuard = judgeGuard,
): number | undefined {
  const requests = trafficOf(traffic, random);
  const reports = new Reports("v2");
  const lookbacks = quickLookbacks(guard);
  let memory: GuardMemory = neverLooked;
  for (let nowMs = reportMs; nowMs <= lengthMs; nowMs += reportMs) {
    reports.add(nowMs, requests(nowMs));
    const signal = reports.signal(guard.lookbackMs, nowMs);
    const recent = lookbacks.map((lookbackMs) => ({
      lookbackMs,
      signal: reports.signal(lookbackMs, nowMs),
    }));
    const judgement = judge(guard, { kind: "requests", signal, recent }, memory, nowMs);
    if (judgement.verdict === "fail") return nowMs;
    memory = judgement.memory;
  }
  return undefined;
}
