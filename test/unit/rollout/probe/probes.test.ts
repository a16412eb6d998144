import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import type { ServiceName } from "../../../../src/model/names.ts";
import type { HealthCheck, Sickness } from "../../../../src/model/service.ts";
import type { ProbeOutcome, ProbeTarget } from "../../../../src/rollout/probe/probe.ts";
import type { ProbedService } from "../../../../src/rollout/probe/probed-service.ts";
import { Probes } from "../../../../src/rollout/probe/probes.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { pass } from "../../../support/settle.ts";

const web = "web" as ServiceName;
const [a, b] = ["10.0.0.1:80", "10.0.0.2:80"] as const;
const check: HealthCheck = {
  check: { kind: "tcp" },
  intervalMs: 1_000,
  timeoutMs: 100,
  unhealthyThreshold: 3,
  healthyThreshold: 1,
};

let clock: FakeClock;
let probes: Probes;
let asked: { readonly at: number; readonly to: string }[];
/** Hosts that do not answer as they should. */
let broken: Set<string>;
let verdicts: string[];
let random: () => number;

beforeEach(() => {
  clock = new FakeClock();
  [asked, broken, verdicts] = [[], new Set(), []];
  random = () => 0.5;
  probes = new Probes({
    clock,
    random: () => random(),
    probe: async ({ address }: ProbeTarget): Promise<ProbeOutcome> => {
      const to = `${address.host}:${address.port}`;
      asked.push({ at: clock.monotonicMs(), to });
      if (broken.has(`${to} unreachable`)) return { kind: "connection", reason: "refused" };
      return broken.has(to) ? { kind: "answer", reason: "it answers 503" } : { kind: "well" };
    },
    onProbed: () => undefined,
    onVerdict: (service) => verdicts.push(`${service}: ${sickNow().join(" ")}`),
  });
});

afterEach(async () => {
  await probes.close();
  expect(clock.pending).toBe(0);
});

const service = (addresses: readonly string[], health: HealthCheck = check): ProbedService => ({
  name: web,
  health,
  protocol: "http",
  addresses: new Map(
    addresses.map((text) => {
      const [host = "", port] = text.split(":");
      return [text, { host, port: Number(port) }];
    }),
  ),
});
const nobody = (): ReadonlyMap<string, Sickness> => new Map();
const sickNow = () =>
  [...(probes.sick(web) ?? [])].map(([address, { backMs }]) =>
    backMs === undefined ? address : `${address} is back`,
  );
const timesOf = (to: string) => asked.filter((each) => each.to === to).map(({ at }) => at);

describe("probes of instances", () => {
  it("come at the interval, the first at a time by chance", async () => {
    random = () => 0.5;
    probes.set([service([a])], nobody);
    await pass(clock, 3_600);
    expect(timesOf(a)).toEqual([500, 1_500, 2_500, 3_500]);
  });

  it("are a little early or late, so that they do not come in step", async () => {
    let n = 0;
    random = () => [0, 0.999, 0][n++ % 3] ?? 0;
    probes.set([service([a])], nobody);
    await pass(clock, 3_000, 1);
    const [first = 0, second = 0, third = 0] = timesOf(a);
    expect(second - first).toBeCloseTo(1_000 * (1 + limits.probes.jitterShare), -1);
    expect(third - second).toBeCloseTo(1_000 * (1 - limits.probes.jitterShare), -1);
  });

  it("take an instance out after so many failures in a row, and say why and since when", async () => {
    broken.add(b);
    probes.set([service([a, b])], nobody);
    await pass(clock, 2_400);
    expect(sickNow()).toEqual([]);
    await pass(clock, 200);
    expect(verdicts).toEqual([`web: ${b}`]);
    const sinceMs = 1_700_000_002_500;
    expect(probes.sick(web)?.get(b)).toEqual({
      ...{ sinceMs, kind: "answer", reason: "it answers 503" },
    });
    broken.clear();
    await pass(clock, 1_000);
    expect(verdicts).toEqual([`web: ${b}`, `web: ${b} is back`]);
    await pass(clock, limits.probes.returnMs);
    expect(verdicts[2]).toBe("web: ");
  });

  it("go on from what an earlier leader has found", async () => {
    const since = { sinceMs: 7, kind: "answer", reason: "it answered 500" } as const;
    broken.add(b);
    probes.set([service([a, b])], () => new Map([[b, since]]));
    expect(probes.sick(web)).toEqual(new Map([[b, since]]));
    await pass(clock, 5_000);
    expect(probes.sick(web)).toEqual(new Map([[b, since]]));
    expect(verdicts).toEqual([]);
  });

  it("forget in time that one was sick, also where an earlier leader has seen it back", async () => {
    const backMs = clock.wallMs() - limits.probes.returnMs + 1_000;
    const since = { sinceMs: 7, kind: "answer", reason: "it answered 500", backMs } as const;
    probes.set([service([a, b])], () => new Map([[b, since]]));
    await pass(clock, 900);
    expect(sickNow()).toEqual([`${b} is back`]);
    await pass(clock, 200);
    expect(sickNow()).toEqual([]);
  });

  it("remember that nobody could connect, for as long as clients will not try", async () => {
    broken.add(b);
    probes.set([service([b])], nobody);
    await pass(clock, 3_000);
    broken = new Set([`${b} unreachable`]);
    await pass(clock, 1_000);
    broken.clear();
    await pass(clock, 1_000);
    expect(probes.sick(web)?.get(b)?.kind).toBe("connection");
    await pass(clock, limits.probes.returnMs + 1_000);
    expect(sickNow()).toEqual([`${b} is back`]);
    await pass(clock, 5_000);
    expect(sickNow()).toEqual([]);
  });

  it("take back that it is back, where it fails again", async () => {
    broken.add(b);
    probes.set([service([b], { ...check, unhealthyThreshold: 1 })], nobody);
    await pass(clock, 1_000);
    broken.clear();
    await pass(clock, 1_000);
    expect(sickNow()).toEqual([`${b} is back`]);
    broken.add(b);
    await pass(clock, 10_000);
    expect(sickNow()).toEqual([b]);
  });

  it("decide about a new instance at once, by the first of them", async () => {
    probes.set([service([a])], nobody);
    await pass(clock, 1_000);
    broken.add(b);
    probes.set([service([a, b])], nobody);
    await pass(clock, 50);
    expect(verdicts).toEqual([`web: ${b}`]);
  });

  it("end with the instance, and with the service", async () => {
    broken.add(b);
    probes.set([service([a, b])], nobody);
    await pass(clock, 3_000);
    expect(sickNow()).toEqual([b]);
    probes.set([service([a])], nobody);
    expect(sickNow()).toEqual([]);
    const before = timesOf(b).length;
    await pass(clock, 3_000);
    expect(timesOf(b)).toHaveLength(before);
    probes.set([], nobody);
    expect(probes.sick(web)).toBeUndefined();
    expect(clock.pending).toBe(0);
  });

  it("follow a changed interval at once, and keep the verdict", async () => {
    broken.add(b);
    probes.set([service([b], { ...check, intervalMs: 100_000, unhealthyThreshold: 1 })], nobody);
    await pass(clock, 51_000, 500);
    expect(sickNow()).toEqual([b]);
    probes.set([service([b], { ...check, intervalMs: 200 })], nobody);
    const before = timesOf(b).length;
    await pass(clock, 1_000);
    expect(timesOf(b).length - before).toBe(5);
    expect(sickNow()).toEqual([b]);
  });

  it("say nothing of an instance that has gone while it was asked", async () => {
    let answer: (outcome: ProbeOutcome) => void = () => undefined;
    const slow = new Probes({
      ...{ clock, random },
      probe: () => new Promise((resolve) => (answer = resolve)),
      onProbed: () => verdicts.push("probed"),
      onVerdict: () => verdicts.push("changed"),
    });
    slow.set([service([a], { ...check, unhealthyThreshold: 1 })], nobody);
    await pass(clock, 600);
    slow.set([], nobody);
    answer({ kind: "timeout", reason: "no answer" });
    await slow.close();
    expect(verdicts).toEqual([]);
  });
});
