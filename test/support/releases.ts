/** Rollouts to decide about, and a store of one release that keeps its status as the real one would. */
import type { ServiceName, SubsetName } from "../../src/model/names.ts";
import type {
  AnalysisMetric,
  Rollout,
  RolloutStep,
  RolloutWebhook,
} from "../../src/model/rollout.ts";
import type { Latch, RolloutStatus } from "../../src/model/rollout-status.ts";
import {
  applyCommand,
  type CommandInput,
  type CommandOutcome,
  type RolloutCommand,
} from "../../src/rollout/release/commands.ts";
import { decide } from "../../src/rollout/release/decide.ts";
import type { DecideInput, Decision, Weights } from "../../src/rollout/release/decision.ts";
import { withoutCanary } from "../../src/rollout/release/shares.ts";
import { decodeRolloutStatus, encodeRolloutStatus } from "../../src/store/decode/status-codec.ts";

export const v1 = "v1" as SubsetName;
export const v2 = "v2" as SubsetName;

export const minute = 60_000;

export const weightsOf = (weights: Readonly<Record<string, number>>): Weights =>
  new Map(Object.entries(weights).map(([subset, weight]) => [subset as SubsetName, weight]));

export const setWeight = (percent: number): RolloutStep => ({ kind: "setWeight", percent });

export const pause = (durationMs?: number): RolloutStep => ({ kind: "pause", durationMs });

export const analysis = (...metrics: readonly AnalysisMetric[]): RolloutStep => ({
  kind: "analysis",
  metrics,
});

export const metric = (name: string, more: Partial<AnalysisMetric> = {}): AnalysisMetric => ({
  name,
  provider: { kind: "envoy" },
  intervalMs: minute,
  initialDelayMs: 0,
  count: 3,
  lookbackMs: 2 * minute,
  minRequests: 20,
  confidence: 0.99,
  judge: { kind: "compare", maxDelta: 0.01 },
  failureLimit: 0,
  inconclusiveLimit: 0,
  consecutiveErrorLimit: 4,
  dryRun: false,
  ...more,
});

export const webhook = (type: RolloutWebhook["type"], name: string = type): RolloutWebhook => ({
  name,
  type,
  url: "http://127.0.0.1:9/gate",
  timeoutMs: 5_000,
});

/** From v1 to v2. */
export const rolloutOf = (steps: readonly RolloutStep[], more: Partial<Rollout> = {}): Rollout => ({
  service: "web" as ServiceName,
  stable: v1,
  canary: v2,
  steps,
  guard: [],
  background: { metrics: [], startingStep: 0 },
  paused: false,
  progressDeadlineMs: 10 * minute,
  progressDeadlineAbort: false,
  webhooks: [],
  alerts: [],
  windows: [],
  specHash: "a",
  ...more,
});

/** What stands in the store, and what is known besides. Unless it is told otherwise, all is well. */
export class ReleaseStore {
  rollout: Rollout;
  weights: Weights | undefined;
  status: RolloutStatus | undefined;
  revision = 10n;
  nowMs = 1_000_000;
  known: Partial<DecideInput> = {};
  #acts = 0;

  constructor(rollout: Rollout, weights: Weights | "none" = weightsOf({ v1: 100, v2: 0 })) {
    this.rollout = rollout;
    this.weights = weights === "none" ? undefined : weights;
  }

  input(): DecideInput {
    return {
      rollout: this.rollout,
      status: this.status,
      weights: this.weights,
      weightsBy: undefined,
      latch: undefined,
      acked: { kind: "applied" },
      analysis: new Map(),
      blind: [],
      window: { open: true, untilMs: undefined },
      gates: new Map(),
      nowMs: this.nowMs,
      operation: `act-${this.#acts}`,
      ...this.known,
    };
  }

  decide(): Decision {
    return decide(this.input());
  }

  /** One decision, which is carried out if it is a write. */
  act(): Decision {
    const decision = this.decide();
    if (decision.kind === "write") this.commit(decision);
    return decision;
  }

  /** Acts until nothing more is to be done: the events, and what was decided last. */
  settle(): readonly [readonly string[], Decision] {
    const events: string[] = [];
    for (let acts = 0; acts < 100; acts++) {
      const decision = this.act();
      if (decision.kind !== "write") return [events, decision];
      events.push(decision.event);
    }
    throw new Error(`no end of acts: ${events.join(" ")}`);
  }

  /** Acts until nothing more is to be done: what is said last. */
  says(): string {
    return this.settle()[1].reason;
  }

  say(command: RolloutCommand, more: Partial<CommandInput> = {}): CommandOutcome {
    const outcome = applyCommand({
      rollout: this.rollout,
      status: this.status,
      weights: this.weights,
      latched: this.known.latch !== undefined,
      ...(this.known.unable && { unable: this.known.unable }),
      command,
      by: "ann",
      why: undefined,
      nowMs: this.nowMs,
      operation: `act-${this.#acts}`,
      ...more,
    });
    if (outcome.kind === "write") {
      this.commit(outcome);
      if (outcome.clearsLatch) this.known = { ...this.known, latch: undefined };
    }
    return outcome;
  }

  /** As a guard does it, in one act: the weight is taken, and the canary is latched. */
  trip(latch: Latch): void {
    this.weights = withoutCanary(this.rollout, this.weights);
    this.known = { ...this.known, latch };
  }

  /** As the store keeps it: bytes, and the revision of the write. */
  commit({ status, weights }: { status: RolloutStatus; weights: Weights | undefined }): void {
    this.#acts += 1;
    this.revision += 1n;
    const read = decodeRolloutStatus({
      value: encodeRolloutStatus(status),
      modRevision: this.revision,
    });
    if (!read.ok) throw new Error(`the status cannot be read: ${read.error}`);
    this.status = read.value;
    if (weights !== undefined) this.weights = weights;
  }

  /** The canary's, in per cent. */
  get canary(): number | undefined {
    return this.weights?.get(this.rollout.canary);
  }
}
