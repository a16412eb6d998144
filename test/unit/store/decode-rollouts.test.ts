import { describe, expect, it } from "vitest";
import type { Rollout, RolloutStep } from "../../../src/model/rollout.ts";
import { decodeOne } from "./decode-entries.ts";

const key = "rollouts/web";

function rolloutOf(value: unknown): Rollout | undefined {
  const [rollout] = decodeOne(key, value).state.rollouts.values();
  return rollout;
}

const subsets = { stableSubset: "v1", canarySubset: "v2" };
const withSteps = (...steps: readonly object[]) => ({
  strategy: { canary: { ...subsets, steps } },
});
const stepsOf = (...steps: readonly object[]): readonly RolloutStep[] | undefined =>
  rolloutOf(withSteps(...steps))?.steps;

const weight = (percent: number): RolloutStep => ({ kind: "setWeight", percent });
const pause = (durationMs: number | undefined): RolloutStep => ({ kind: "pause", durationMs });

const usual = {
  service: "web",
  stable: "v1",
  canary: "v2",
  steps: [weight(100)],
  background: { metrics: [], startingStep: 0 },
  guard: [],
  paused: false,
  progressDeadlineMs: 600_000,
  progressDeadlineAbort: false,
  webhooks: [],
  alerts: [],
  windows: [],
};

describe("a rollout", () => {
  it("has a default for all but its subsets and its steps", () => {
    const { specHash, ...rest } = rolloutOf(withSteps({ setWeight: 100 })) ?? { specHash: "" };
    expect(rest).toEqual(usual);
    expect(specHash).toMatch(/^[0-9a-f]{16}$/);
  });

  it("is read whole, in the long form and in YAML too", () => {
    const spec = {
      ...withSteps(
        { setWeight: 5 },
        { pause: { duration: "10m" } },
        { setWeight: 20 },
        { pause: {} },
      ),
      guard: [{ failureLimit: 1 }],
      paused: true,
      progressDeadlineSeconds: 3_600,
      progressDeadlineAbort: true,
      webhooks: [
        {
          name: "qa",
          type: "confirm-traffic-increase",
          url: "http://127.0.0.1:9/gate",
          timeout: "5s",
        },
        { name: "load", url: "http://127.0.0.1:9/load" },
      ],
      alerts: [{ webhook: { url: "http://127.0.0.1:9/alert" } }],
      windows: [
        { kind: "deny", schedule: "0 18 * * 5", duration: "62h", timeZone: "Asia/Shanghai" },
        { kind: "allow", schedule: "0 9 * * *", duration: "8h" },
      ],
    };
    const rollout = rolloutOf(spec);
    expect(rollout).toMatchObject({
      steps: [weight(5), pause(600_000), weight(20), pause(undefined), weight(100)],
      guard: [{ name: "http-5xx", subset: "v2", failureLimit: 1 }],
      paused: true,
      progressDeadlineMs: 3_600_000,
      progressDeadlineAbort: true,
      webhooks: [
        {
          name: "qa",
          type: "confirm-traffic-increase",
          url: "http://127.0.0.1:9/gate",
          timeoutMs: 5_000,
        },
        { name: "load", type: "rollout", url: "http://127.0.0.1:9/load", timeoutMs: 10_000 },
      ],
      alerts: [
        {
          severity: "info",
          webhook: { url: "http://127.0.0.1:9/alert", format: "generic", secretEnv: undefined },
        },
      ],
      windows: [
        {
          kind: "deny",
          schedule: "0 18 * * 5",
          durationMs: 223_200_000,
          timeZone: "Asia/Shanghai",
        },
        { kind: "allow", schedule: "0 9 * * *", durationMs: 28_800_000, timeZone: "UTC" },
      ],
    });
    const metadata = { name: "web" };
    expect(rolloutOf({ apiVersion: "serin/v1", kind: "Rollout", metadata, spec })).toEqual(rollout);
    const yaml = `strategy:
  canary:
    stableSubset: v1
    canarySubset: v2
    steps:
      - setWeight: 5
      - pause:
          duration: 10m
      - setWeight: 20
      - pause: {}
guard:
  - failureLimit: 1
paused: true
progressDeadlineSeconds: 3600
progressDeadlineAbort: true
webhooks:
  - name: qa
    type: confirm-traffic-increase
    url: http://127.0.0.1:9/gate
    timeout: 5s
  - name: load
    url: http://127.0.0.1:9/load
alerts:
  - webhook:
      url: http://127.0.0.1:9/alert
windows:
  - kind: deny
    schedule: 0 18 * * 5
    duration: 62h
    timeZone: Asia/Shanghai
  - kind: allow
    schedule: 0 9 * * *
    duration: 8h
`;
    expect(rolloutOf(yaml)).toEqual(rollout);
  });

  it.each([
    ["AllAtOnce", [weight(100)]],
    ["Canary10Percent5Minutes", [weight(10), pause(300_000), weight(100)]],
    ["Linear50PercentEvery30Seconds", [weight(50), pause(30_000), weight(100)]],
  ])("may have the preset %s", (preset, steps) => {
    expect(rolloutOf({ strategy: { canary: subsets }, preset })?.steps).toEqual(steps);
  });
});

describe("steps of a rollout", () => {
  it("end at 100 %, whether one says so or not", () => {
    expect(stepsOf({ setWeight: 5 })).toEqual([weight(5), weight(100)]);
    expect(stepsOf({ pause: {} })).toEqual([pause(undefined), weight(100)]);
    const whole = [weight(5), weight(100), pause(60_000)];
    expect(stepsOf({ setWeight: 5 }, { setWeight: 100 }, { pause: { duration: "1m" } })).toEqual(
      whole,
    );
  });

  it("have weights of two decimals", () => {
    const weights = [0, 0.01, 0.07, 0.29, 1.15, 33.33, 99.99];
    expect(stepsOf(...weights.map((setWeight) => ({ setWeight })))).toEqual(
      [...weights, 100].map(weight),
    );
  });

  it.each([
    [1_000, [1, 250, 1_000], [0.1, 25, 100]],
    [10_000, [1, 9_999], [0.01, 99.99, 100]],
    [10, [1, 10], [10, 100]],
    [100, [50], [50, 100]],
  ])("are per %d where that is maxTrafficWeight", (maxTrafficWeight, weights, percents) => {
    const steps = weights.map((setWeight) => ({ setWeight }));
    const canary = { ...subsets, maxTrafficWeight, steps };
    expect(rolloutOf({ strategy: { canary } })?.steps).toEqual(percents.map(weight));
  });

  it.each([
    [60, 60_000],
    ["90s", 90_000],
    ["720h", 2_592_000_000],
    [2_592_000, 2_592_000_000],
  ])("pause for %j", (duration, ms) => {
    expect(stepsOf({ pause: { duration } })?.[0]).toEqual(pause(ms));
  });

  it("have routes by header", () => {
    const match = [
      { headerName: "X-Canary", headerValue: { exact: "true" } },
      { headerName: "User-Agent", headerValue: { regex: "Mozilla.*" } },
      { headerName: "X-Team", headerValue: { prefix: "a.b" } },
    ];
    const steps = stepsOf(
      { setHeaderRoute: { name: "canary", match } },
      { setHeaderRoute: { name: "canary" } },
    );
    expect(steps?.slice(0, 2)).toEqual([
      {
        kind: "setHeaderRoute",
        name: "canary",
        match: [
          { headers: [{ name: "x-canary", kind: "exact", value: "true" }] },
          { headers: [{ name: "user-agent", kind: "regex", value: "Mozilla.*" }] },
          { headers: [{ name: "x-team", kind: "regex", value: "a\\.b.*" }] },
        ],
      },
      { kind: "setHeaderRoute", name: "canary", match: [] },
    ]);
  });

  it("have mirrors", () => {
    const match = [{ headers: { "X-A": { exact: "1" }, "X-B": { prefix: "b" } } }];
    const steps = stepsOf(
      { setMirrorRoute: { name: "m", percentage: 35.5, match } },
      { setMirrorRoute: { name: "m", match } },
      { setMirrorRoute: { name: "m" } },
    );
    const headers = [
      { name: "x-a", kind: "exact", value: "1" },
      { name: "x-b", kind: "regex", value: "b.*" },
    ];
    expect(steps?.slice(0, 3)).toEqual([
      { kind: "setMirrorRoute", name: "m", percent: 35.5, match: [{ headers }] },
      { kind: "setMirrorRoute", name: "m", percent: 100, match: [{ headers }] },
      { kind: "setMirrorRoute", name: "m", percent: 100, match: [] },
    ]);
  });

  it("have mirrors of methods and paths, as the headers that proxies have them in", () => {
    const steps = stepsOf({
      setMirrorRoute: {
        name: "m",
        match: [
          { method: { exact: "GET" }, path: { exact: "/a.b" } },
          {
            method: { regex: "P.+" },
            path: { prefix: "/a.b" },
            headers: { "X-A": { exact: "1" } },
          },
          { path: { regex: "/a|/b" } },
        ],
      },
    });
    const path = (value: string) => ({ name: ":path", kind: "regex", value });
    expect(steps?.[0]).toMatchObject({
      match: [
        {
          headers: [{ name: ":method", kind: "exact", value: "GET" }, path("(?:/a\\.b)(?:\\?.*)?")],
        },
        {
          headers: [
            { name: ":method", kind: "regex", value: "P.+" },
            path("(?:/a\\.b.*)(?:\\?.*)?"),
            { name: "x-a", kind: "exact", value: "1" },
          ],
        },
        { headers: [path("(?:/a|/b)(?:\\?.*)?")] },
      ],
    });
  });

  it("have analyses of their own, beside that of the whole release", () => {
    const metric = { name: "errors", failureCondition: "result.ratio5xx > 0.05" };
    const steps = [{ setWeight: 5 }, { analysis: { metrics: [{ ...metric, count: 3 }] } }];
    const analysis = { metrics: [metric], startingStep: 1 };
    const rollout = rolloutOf({ strategy: { canary: { ...subsets, steps, analysis } } });
    expect(rollout?.steps[1]).toMatchObject({
      kind: "analysis",
      metrics: [{ name: "errors", count: 3 }],
    });
    expect(rollout?.background).toMatchObject({
      metrics: [{ name: "errors", count: undefined }],
      startingStep: 1,
    });
  });
});
