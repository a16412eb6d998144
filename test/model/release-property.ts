/** Random plans, and random lives of a release; a failure tells the life and fast-check's seed. */
import fc from "fast-check";
import type { Rollout, RolloutStep, RolloutWebhook } from "../../src/model/rollout.ts";
import { analysis, metric, pause, rolloutOf, setWeight, webhook } from "../support/releases.ts";
import type { Runs } from "./property.ts";
import { type Move, type ReleaseCore, ReleaseWorld } from "./release-world.ts";

const minute = 60_000;

const oneStep: fc.Arbitrary<RolloutStep> = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(0, 5, 20, 33.33, 50, 100).map(setWeight) },
  { weight: 2, arbitrary: fc.constantFrom(1, 10, 40).map((minutes) => pause(minutes * minute)) },
  { weight: 1, arbitrary: fc.constant(pause()) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      analysis(metric("errors")),
      analysis(metric("errors"), metric("latency", { dryRun: true })),
      analysis(metric("errors"), metric("latency")),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<RolloutStep>(
      { kind: "setHeaderRoute", name: "canary", match: [{ headers: [] }] },
      { kind: "setHeaderRoute", name: "canary", match: [] },
      { kind: "setMirrorRoute", name: "copies", match: [{ headers: [] }], percent: 10 },
    ),
  },
);

const types = [
  ...(["confirm-rollout", "pre-rollout", "confirm-traffic-increase", "rollout"] as const),
  ...(["confirm-promotion", "post-rollout", "rollback", "event"] as const),
];

const plan: fc.Arbitrary<Rollout> = fc
  .record({
    steps: fc.array(oneStep, { minLength: 1, maxLength: 5 }),
    background: fc.option(fc.nat({ max: 2 }), { freq: 2 }),
    webhooks: fc.oneof(fc.constant<RolloutWebhook["type"][]>([]), fc.subarray([...types])),
    progressDeadlineAbort: fc.boolean(),
  })
  .map(({ steps, background, webhooks, progressDeadlineAbort }) =>
    rolloutOf(steps, {
      background: {
        metrics: background === null ? [] : [metric("errors"), metric("odd", { dryRun: true })],
        startingStep: background ?? 0,
      },
      webhooks: webhooks.map((type) => webhook(type)),
      progressDeadlineAbort,
    }),
  );

/** Of v1, v2 and v0; undefined: the key is not there. */
const weights = fc.constantFrom(
  undefined,
  ...[
    [100, 0],
    [100, 0, 0],
    [100, 0],
    [1, 1],
    [95, 5],
    [80, 20],
    [4, 1],
    [70, 0, 30],
  ],
  ...[
    [60, 20, 20],
    [0, 100],
  ],
);

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant("act"),
      fate: fc.constantFrom("done", "done", "done", "done", "lost", "overtaken"),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({ kind: fc.constant("calm"), acts: fc.integer({ min: 1, max: 9 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("tick"),
      ms: fc.constantFrom(1, 1_000, minute, 9 * minute, 10 * minute, 41 * minute),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom<Move>(
      { kind: "ack", acked: { kind: "applied" } },
      { kind: "ack", acked: { kind: "applied" } },
      { kind: "ack", acked: { kind: "pending", behind: ["edge-1"] } },
      { kind: "ack", acked: { kind: "rejected", by: ["edge-1"] } },
      { kind: "ack", acked: { kind: "none" } },
    ),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("edit"), weights }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("say"),
      command: fc.constantFrom(
        ...(["promote", "promote", "promote", "promoteFull", "pause", "resume"] as const),
        ...(["resume", "retry", "retry", "abort", "undo"] as const),
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("measure"),
      which: fc.nat({ max: 3 }),
      outcome: fc.constantFrom(
        ...(["successful", "successful", "successful", "failed"] as const),
        ...(["inconclusive", "errors"] as const),
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("answer"),
      answer: fc.constantFrom("passed", "passed", "refused", "failed", "unasked", "waiting"),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom<Move>(
      { kind: "latch" },
      { kind: "instances", ofStable: true, ofCanary: true },
      ...[true, true, false].map(
        (ofCanary) => ({ kind: "instances", ofStable: false, ofCanary }) as const,
      ),
      ...[true, true, false].map((open) => ({ kind: "window", open }) as const),
      ...[true, false, false].map((is) => ({ kind: "blind", is }) as const),
      ...[true, false, false].map((is) => ({ kind: "paused", is }) as const),
      { kind: "respec" },
      ...[0, 0, -30_000, 45_000].map((skewMs) => ({ kind: "leader", skewMs }) as const),
    ),
  },
);

function live(
  core: ReleaseCore,
  rollout: Rollout,
  found: readonly number[] | undefined,
  moves: readonly Move[],
): void {
  const world = new ReleaseWorld(core, rollout, found);
  try {
    for (const each of moves) world.move(each);
    world.mend();
  } catch (error) {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    throw new Error(`${why}\n  ${[JSON.stringify(rollout), ...world.trace].join("\n  ")}`);
  }
}

export function checkRelease(core: ReleaseCore, of: Runs): void {
  const lives = fc.array(move, { minLength: 1, maxLength: 40, size: "max" });
  fc.assert(
    fc.property(plan, weights, lives, (rollout, found, moves) => {
      live(core, rollout, found, moves);
    }),
    {
      numRuns: of.runs,
      endOnFailure: of.shrink === false,
      ...(of.seed === undefined ? {} : { seed: of.seed }),
    },
  );
}
