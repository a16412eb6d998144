/**
 * What a release may do, kept beside it from the acts alone, and asked at each decision. It is written
 * from the rules in words, and knows nothing of how the decisions are made.
 */
import type { Rollout, RolloutStep, RolloutWebhook } from "../../src/model/rollout.ts";
import type { RolloutStatus } from "../../src/model/rollout-status.ts";
import type { CommandOutcome, RolloutCommand } from "../../src/rollout/release/commands.ts";
import type {
  DecideInput,
  Decision,
  RolloutEvent,
  Weights,
} from "../../src/rollout/release/decision.ts";
import { check } from "./content.ts";

type Write = Extract<Decision, { kind: "write" }>;
type WrittenByCommand = Extract<CommandOutcome, { kind: "write" }>;

export function share(weights: Weights | undefined, subset: string): number {
  const all = [...(weights ?? [])];
  const sum = all.reduce((total, [, weight]) => total + weight, 0);
  const own = all.find(([name]) => name === subset)?.[1] ?? 0;
  return sum === 0 ? 0 : (own / sum) * 100;
}

const isNear = (a: number, b: number): boolean => Math.abs(a - b) < 1e-6;

function divide(one: Weights | undefined, other: Weights | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  const names = new Set([...one.keys(), ...other.keys()]);
  return [...names].every((name) => isNear(share(one, name), share(other, name)));
}

const others = ({ stable, canary }: Rollout, weights: Weights | undefined): readonly string[] =>
  [...(weights ?? [])].flatMap(([name, weight]) =>
    weight > 0 && name !== stable && name !== canary ? [name] : [],
  );

/** Steps that write nothing are reached where the last one was. */
const isQuiet = (step: RolloutStep | undefined): boolean =>
  step?.kind === "pause" || step?.kind === "analysis";

type AbortInput = Pick<DecideInput, "weights" | "rollout" | "unable" | "latch">;

/** Whether to take the canary's traffic leaves nobody to answer; `isShared`: others have some of it. */
function mustKeep({ weights, rollout, unable, latch }: AbortInput, isShared: boolean): boolean {
  const { stable, canary } = rollout;
  const hasNone = weights !== undefined && share(weights, canary) === 0;
  return unable?.has(stable) === true && latch === undefined && !hasNone && !isShared;
}

export class ReleaseOracle {
  rollout: Rollout;
  begun = false;
  finished = false;
  aborted = false;
  rolledBack = false;
  /** An abort that left the canary its traffic, for want of somebody else. */
  kept = false;
  held = false;
  promoted: "no" | "step" | "full" = "no";
  latched: string | undefined;
  own: Weights | undefined;
  step = 0;
  enteredMs = 0;
  reachedMs: number | undefined;
  writes = 0;
  /** On purpose, since the step was entered. */
  idleMs = 0;
  /** Outcomes by metric, as far as they count. */
  readonly measured = new Map<string, string>();
  /** `type/name` of webhooks that have answered so, since the step was entered. */
  readonly passed = new Set<string>();
  readonly refused = new Set<string>();
  /** Of the occasion that webhooks are asked on. */
  epoch = 0;

  constructor(rollout: Rollout) {
    this.rollout = rollout;
  }

  get #current(): RolloutStep | undefined {
    return this.rollout.steps[this.step];
  }

  /** Of the canary, when the step is written. */
  get planned(): number {
    let percent = 0;
    for (const [i, step] of this.rollout.steps.entries()) {
      if (i <= this.step && step.kind === "setWeight") percent = step.percent;
    }
    return this.step >= this.rollout.steps.length ? 100 : percent;
  }

  begin(rollout: Rollout, weights: Weights | undefined, nowMs: number): void {
    this.rollout = rollout;
    this.begun = true;
    this.finished = false;
    this.aborted = false;
    this.held = false;
    this.latched = undefined;
    this.promoted = "no";
    this.own = weights;
    this.measured.clear();
    this.#percent = 0;
    this.#enter(0, nowMs);
    this.reachedMs = undefined;
  }

  /** What the release has given the canary last. */
  #percent = 0;

  #enter(step: number, nowMs: number): void {
    this.step = step;
    this.enteredMs = nowMs;
    this.reachedMs = isQuiet(this.#current) ? nowMs : undefined;
    this.writes = 0;
    this.idleMs = 0;
    if (this.promoted === "step" && isQuiet(this.#current)) this.promoted = "no";
    for (const key of this.measured.keys()) {
      if (!key.startsWith("background/")) this.measured.delete(key);
    }
    this.#newOccasion();
  }

  /** Who asks next knows no answers. */
  forgetAnswers(): void {
    for (const name of this.#webhooks("rollback")) this.passed.delete(name);
    this.refused.clear();
  }

  #newOccasion(): void {
    this.epoch += 1;
    this.passed.clear();
    this.refused.clear();
  }

  readonly #hasBegun = (input: DecideInput): boolean =>
    this.begun && input.status?.specHash === input.rollout.specHash;

  /** Whether the metric counts now, and with which outcome. */
  #counting(outcomes: readonly string[]): readonly string[] {
    const { background } = this.rollout;
    const step = this.#current;
    const own = step?.kind === "analysis" && this.promoted === "no" ? step.metrics : [];
    const watched = this.step >= background.startingStep ? background.metrics : [];
    const keys = [
      ...own.filter(({ dryRun }) => !dryRun).map(({ name }) => name),
      ...watched.filter(({ dryRun }) => !dryRun).map(({ name }) => `background/${name}`),
    ];
    return keys.filter((key) => outcomes.includes(this.measured.get(key) ?? ""));
  }

  #mustAbort({ latch }: DecideInput): boolean {
    if (latch !== undefined) return true;
    if (this.finished) return false;
    const rollback = this.#webhooks("rollback").some((name) => this.passed.has(name));
    return rollback || this.#counting(["failed"]).length > 0;
  }

  #webhooks(...types: readonly RolloutWebhook["type"][]): readonly string[] {
    return this.rollout.webhooks
      .filter(({ type }) => types.includes(type))
      .map(({ type, name }) => `${type}/${name}`);
  }

  judge(input: DecideInput, decision: Decision): void {
    check(decision.reason.trim() !== "" && !/\n/.test(decision.reason), "one sentence of reason");
    if (decision.kind === "hold") {
      const { untilMs } = decision;
      check(untilMs === undefined || untilMs > input.nowMs, "a hold ends later than now");
    }
    if (!this.#hasBegun(input)) {
      this.#judgeBeginning(input, decision);
      return;
    }
    if (this.aborted) {
      this.#judgeAborted(input, decision);
      return;
    }
    if (this.#mustAbort(input)) {
      check(decision.kind === "write" && decision.event === "Aborted", "an abort wins");
    }
    if (decision.kind === "ask") {
      this.#judgeAsk(input, decision.asks);
      return;
    }
    if (decision.kind === "hold") this.#judgeGate(input.status?.waits);
    else this.#judgeWrite(input, decision);
  }

  #judgeBeginning(input: DecideInput, decision: Decision): void {
    check(decision.kind === "write", "a new spec begins at once");
    const { rollout, weights, latch } = input;
    const { status } = decision;
    check(status.specHash === rollout.specHash, "the status is of the spec");
    const hasAll = isNear(share(weights, rollout.canary), 100);
    const expected = latch !== undefined ? "Aborted" : hasAll ? "Completed" : "Begun";
    check(decision.event === expected, `a beginning is ${expected}`);
    if (expected === "Aborted") {
      this.#judgeWithdrawal(input, decision);
      return;
    }
    check(decision.weights === undefined, "a beginning writes no weights");
    check(status.aborted === undefined && status.tallies.size === 0, "nothing of before is left");
    if (expected === "Begun" && others(rollout, weights).length > 0) {
      check(status.waits?.for === "WeightsChanged", "others with traffic are a person's matter");
    }
  }

  #judgeAborted(input: DecideInput, decision: Decision): void {
    const { acked, rollout } = input;
    const isOwn = divide(input.weights, this.own);
    if (this.kept && isOwn && !mustKeep(input, others(rollout, input.weights).length > 0)) {
      const isOut = decision.kind === "write" && decision.event === "Withdrawn";
      check(isOut, "the canary is out as soon as somebody else can answer");
    }
    if (decision.kind === "hold") return;
    if (decision.kind === "ask") {
      const types = decision.asks.map(({ webhook }) => webhook.type);
      check(types.every((type) => type === "post-rollout") && !this.rolledBack, "asked once");
      return;
    }
    check(decision.status.aborted !== undefined, "an abort stays one");
    check(decision.status.step === this.step, "an aborted release stays where it is");
    if (this.kept) {
      check(decision.event === "Withdrawn", "first the canary has to be out");
      check(isOwn || decision.weights === undefined, "a person's edit is never overwritten");
      this.#judgeWithdrawal(input, decision);
      return;
    }
    check(decision.event === "RolledBack" && !this.rolledBack, "an abort is latched");
    check(acked.kind === "applied", "rolled back when the proxies have followed");
    check(decision.weights === undefined, "an aborted release writes no weights");
  }

  #judgeAsk({ rollout }: DecideInput, asks: readonly { webhook: RolloutWebhook }[]): void {
    check(asks.length > 0, "somebody is asked");
    for (const { webhook } of asks) {
      check(webhook.type !== "event", "nobody is asked to agree to an event");
      if (webhook.type === "post-rollout") {
        check(
          this.step >= rollout.steps.length && this.reachedMs !== undefined,
          "asked at the end",
        );
      }
    }
  }

  #judgeWrite(input: DecideInput, decision: Write): void {
    const { status, event } = decision;
    check(status.operation === input.operation, "the status has the act's id");
    check(status.message.trim() !== "", "a status says what is waited for");
    if (event === "Aborted") {
      this.#judgeAbort(input, decision);
      return;
    }
    if (status.phase === "Degraded") {
      check(this.#lateMs(input) >= this.rollout.progressDeadlineMs, "Degraded when it is late");
    }
    check(!this.finished, "a complete release is over");
    if (event !== "StepWritten") check(decision.weights === undefined, `${event} has no weights`);
    if (event !== "StepEntered") check(status.step === this.step, `${event} stays at the step`);
    if (["Waits", "Paused", "Overdue"].includes(event)) {
      this.#judgeWait(input, decision);
      return;
    }
    check(divide(input.weights, this.own), "somebody else's weights stop the release");
    check(this.latched === undefined, "a person must speak first");
    check(this.#counting(["inconclusive", "error"]).length === 0, "a doubt stops the release");
    this.#judgeAct(input, decision, event);
  }

  #judgeAct(input: DecideInput, decision: Write, event: RolloutEvent): void {
    const { acked } = input;
    switch (event) {
      case "StepWritten":
        this.#judgeStep(input, decision);
        break;
      case "StepReached":
        check(this.writes === 1 && this.reachedMs === undefined, "reached once, after a write");
        check(acked.kind === "applied", "reached when it is acknowledged");
        break;
      case "StepEntered":
        this.#judgeLeaving(input, decision);
        break;
      case "Completed":
        check(this.step >= this.rollout.steps.length, "complete after the last step");
        check(this.reachedMs !== undefined, "complete when it is acknowledged");
        check(isNear(share(input.weights, this.rollout.canary), 100), "complete with all traffic");
        check(decision.status.phase === "Healthy", "complete is Healthy");
        break;
      default:
        check(false, `no ${event} here`);
    }
  }

  #judgeAbort(input: DecideInput, decision: Write): void {
    const { aborted } = decision.status;
    check(aborted !== undefined && decision.status.phase === "Degraded", "aborted is Degraded");
    const by = aborted?.by ?? "";
    if (by === "the progress deadline") {
      check(this.rollout.progressDeadlineAbort, "a deadline aborts where it is said so");
      check(this.#lateMs(input) >= this.rollout.progressDeadlineMs, "not before the deadline");
    } else check(this.#mustAbort(input) || this.#isRefused(), `a cause of the abort by ${by}`);
    this.#judgeWithdrawal(input, decision);
  }

  /** By a latch the canary is out already, and weights are people's. */
  #judgeWithdrawal(input: DecideInput, decision: Write): void {
    if (input.latch === undefined) this.#judgeAbortedWeights(input, decision);
    else check(decision.weights === undefined, "no weight is written under a latch");
  }

  #judgeGate(waits: RolloutStatus["waits"]): void {
    const isTested = waits?.for === "Gate" && this.#isRefused();
    check(!isTested, "a test that refuses is not waited for");
  }

  readonly #isRefused = (): boolean =>
    this.#webhooks("pre-rollout", "rollout").some((name) => this.refused.has(name));

  readonly #lateMs = ({ nowMs }: DecideInput): number => nowMs - this.enteredMs - this.idleMs;

  #judgeAbortedWeights(input: AbortInput, written: Pick<Write, "weights" | "status">): void {
    const { weights, rollout } = input;
    if (mustKeep(input, others(rollout, weights).length > 0)) {
      this.#judgeKept(written);
      return;
    }
    check(written.status.aborted?.keeps === undefined, "nothing is kept without need");
    const after = written.weights ?? weights;
    check(after !== undefined && share(after, rollout.canary) === 0, "the canary is out");
    for (const name of others(rollout, weights)) {
      check(isNear(share(after, name), share(weights, name)), "an abort takes from nobody else");
    }
    const wasOut = weights !== undefined && share(weights, rollout.canary) === 0;
    check(!wasOut || written.weights === undefined, "an abort with nothing to take writes nothing");
  }

  #judgeKept({ weights, status }: Pick<Write, "weights" | "status">): void {
    check(weights === undefined, "an abort makes no outage");
    check(status.aborted?.keeps !== undefined, "it says that the canary keeps its traffic");
  }

  #judgeWait(input: DecideInput, { status, event }: Write): void {
    check(status.aborted === undefined && status.phase !== "Healthy", "a wait is no end");
    check(status.waits !== undefined, "a wait is for something");
    this.#judgeGate(status.waits);
    const isChanged = !divide(input.weights, this.own);
    if (isChanged) check(status.waits?.for === "WeightsChanged", "changed weights are told first");
    if (event !== "Paused") check(this.latched === undefined, "a person must speak first");
  }

  #mayGoOn({ window, rollout, blind }: DecideInput): void {
    const isJudged = blind.length === 0 || this.#percent === 0 || this.promoted !== "no";
    check(isJudged, "not while it cannot be judged");
    check(window.open, "not outside of a window");
    check(!this.held && !rollout.paused, "not while it is held");
  }

  #judgeStep(input: DecideInput, { weights, status }: Write): void {
    const { rollout, acked } = input;
    this.#mayGoOn(input);
    check(acked.kind !== "none", "not without a proxy");
    check(this.writes === 0, "no step is done twice");
    const after = weights ?? input.weights;
    const before = share(input.weights, rollout.canary);
    check(isNear(share(after, rollout.canary), this.planned), "the canary has what is planned");
    check(isNear(share(after, rollout.stable), 100 - this.planned), "the rest is the stable one's");
    check(status.canaryPercent === this.planned, "the status tells the weight");
    const isMore = this.planned > before && !isNear(this.planned, before);
    const gates = this.#webhooks(
      ...(this.step === 0 ? (["confirm-rollout", "pre-rollout"] as const) : []),
      ...(isMore ? (["confirm-traffic-increase"] as const) : []),
      ...(isMore && this.planned === 100 ? (["confirm-promotion"] as const) : []),
    );
    for (const gate of gates) check(this.passed.has(gate), `not before ${gate} has agreed`);
  }

  #judgeLeaving(input: DecideInput, { status }: Write): void {
    const { acked, nowMs } = input;
    this.#mayGoOn(input);
    const last = this.rollout.steps.length;
    const next = this.promoted === "full" ? last : this.step + 1;
    check(this.step < last && status.step === next, "one step after the other");
    check(acked.kind === "applied", "not before it is acknowledged");
    check(this.reachedMs !== undefined, "not before it is reached");
    const step = this.#current;
    if (step?.kind === "pause" && this.promoted === "no") {
      const untilMs = (this.reachedMs ?? 0) + (step.durationMs ?? Number.POSITIVE_INFINITY);
      check(nowMs >= untilMs, "a pause lasts from when the step is reached");
    } else if (step?.kind === "analysis" && this.promoted === "no") {
      for (const { name, dryRun } of step.metrics) {
        check(dryRun || this.measured.get(name) === "successful", "an analysis must succeed");
      }
    } else if (!isQuiet(step)) {
      for (const gate of this.#webhooks("rollout")) check(this.passed.has(gate), `${gate} agrees`);
    }
  }

  /** The act is in the store. */
  committed(input: DecideInput, { event, status, weights }: Write): void {
    const { nowMs } = input;
    if (!this.#hasBegun(input)) this.begin(input.rollout, input.weights, nowMs);
    if (status.waits?.for === "WeightsChanged" || status.waits?.for === "InconclusiveAnalysisRun") {
      this.latched = status.waits.for;
    }
    switch (event) {
      case "StepWritten":
        this.writes += 1;
        this.#percent = this.planned;
        if (this.promoted === "step") this.promoted = "no";
        this.own = weights ?? input.weights;
        this.reachedMs = undefined;
        break;
      case "StepReached":
        this.reachedMs = nowMs;
        break;
      case "StepEntered":
        this.#enter(status.step, nowMs);
        break;
      case "Aborted":
        this.#abort(status, weights ?? input.weights);
        break;
      case "Withdrawn":
        this.kept = false;
        break;
      case "RolledBack":
        this.rolledBack = true;
        break;
      case "Completed":
        this.finished = true;
        this.step = status.step;
        break;
      default:
    }
  }

  #abort({ aborted }: RolloutStatus, weights: Weights | undefined): void {
    this.aborted = true;
    this.kept = aborted?.keeps !== undefined;
    this.own = weights;
    this.rolledBack = false;
    this.finished = false;
    this.promoted = "no";
    this.latched = undefined;
    this.#newOccasion();
  }

  /** A command is carried out, or refused. */
  heard(command: RolloutCommand, input: DecideInput, outcome: CommandOutcome): void {
    const isAborted = this.#hasBegun(input) && this.aborted;
    if (command === "abort") check(isAborted || outcome.kind === "write", "abort always wins");
    if (outcome.kind === "refused") {
      check(outcome.reason !== "", "a refusal has a reason");
      return;
    }
    const { weights, rollout, nowMs } = input;
    if (command === "abort" || command === "undo") {
      if (!this.#hasBegun(input)) this.begin(rollout, weights, nowMs);
      if (command === "abort") this.#judgeAbortedWeights(input, outcome);
      else if (mustKeep(input, false)) this.#judgeKept(outcome);
      else check(share(outcome.weights ?? weights, rollout.stable) === 100, "all is stable again");
      this.#abort(outcome.status, outcome.weights ?? weights);
      return;
    }
    check(outcome.weights === undefined, `${command} writes no weights`);
    if (command === "retry") {
      this.begin(rollout, weights, nowMs);
      return;
    }
    check(!isAborted, "nothing but retry leads out of an abort");
    if (command === "pause") this.held = true;
    else this.#goOn(command, input, outcome);
  }

  #goOn(command: RolloutCommand, { weights, nowMs }: DecideInput, outcome: WrittenByCommand): void {
    this.held = false;
    if (command === "resume") return;
    const { promoted } = outcome.status;
    this.promoted = command === "promoteFull" ? "full" : promoted;
    if (this.latched === "WeightsChanged") {
      const measured = new Map(this.measured);
      this.#enter(this.step, nowMs);
      for (const [key, value] of measured) this.measured.set(key, value);
      this.reachedMs = undefined;
      this.own = weights;
    } else if (this.latched !== undefined || command === "promoteFull") this.measured.clear();
    this.latched = undefined;
  }
}
