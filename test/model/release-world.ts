/**
 * A release with everything around it: a store, proxies, webhooks, measurements, people, and controllers
 * that die. Each move changes one of them; the oracle judges each decision.
 */
import { isDeepStrictEqual } from "node:util";
import type { SubsetName } from "../../src/model/names.ts";
import type { Rollout, RolloutWebhook } from "../../src/model/rollout.ts";
import type { Latch, MetricTally, RolloutStatus } from "../../src/model/rollout-status.ts";
import { isAllowed } from "../../src/rollout/release/allowed-weights.ts";
import type { applyCommand, RolloutCommand } from "../../src/rollout/release/commands.ts";
import type { decide } from "../../src/rollout/release/decide.ts";
import type {
  Acknowledgement,
  AnalysisFinding,
  DecideInput,
  Decision,
  Weights,
} from "../../src/rollout/release/decision.ts";
import type { GateAnswer } from "../../src/rollout/release/gates.ts";
import { decodeRolloutStatus, encodeRolloutStatus } from "../../src/store/decode/status-codec.ts";
import { check } from "./content.ts";
import { ReleaseOracle } from "./release-oracle.ts";

/** What is tested; a planted bug takes the place of one. */
export interface ReleaseCore {
  readonly decide: typeof decide;
  readonly applyCommand: typeof applyCommand;
}

export type Outcome = "successful" | "failed" | "inconclusive" | "errors";

export type Move =
  /** A decision, which gets lost, or is overtaken by somebody's weights, or is carried out. */
  | { readonly kind: "act"; readonly fate: "done" | "lost" | "overtaken" }
  /** All is well for a while: proxies follow, webhooks agree. */
  | { readonly kind: "calm"; readonly acts: number }
  | { readonly kind: "tick"; readonly ms: number }
  | { readonly kind: "ack"; readonly acked: Acknowledgement }
  | { readonly kind: "edit"; readonly weights: readonly number[] | undefined }
  | { readonly kind: "say"; readonly command: RolloutCommand }
  | { readonly kind: "measure"; readonly which: number; readonly outcome: Outcome }
  | { readonly kind: "answer"; readonly answer: GateAnswer }
  | { readonly kind: "latch" }
  /** Whether the stable version can take traffic. */
  | { readonly kind: "instances"; readonly ofStable: boolean; readonly ofCanary: boolean }
  | { readonly kind: "window"; readonly open: boolean }
  | { readonly kind: "blind"; readonly is: boolean }
  | { readonly kind: "paused"; readonly is: boolean }
  | { readonly kind: "respec" }
  /** Another controller takes over: it knows what the store knows, and has a clock of its own. */
  | { readonly kind: "leader"; readonly skewMs: number };

interface Asked {
  readonly key: string;
  readonly webhook: RolloutWebhook;
  readonly epoch: number;
}

const idle: ReadonlySet<string> = new Set([
  ...["Gate", "Window", "CanaryPauseStep"],
  ...["Held", "InconclusiveAnalysisRun", "WeightsChanged"],
]);

const noTally: MetricTally = {
  successful: 0,
  failed: 0,
  inconclusive: 0,
  errors: 0,
  consecutiveErrors: 0,
  lastAtMs: 0,
};

export class ReleaseWorld {
  readonly trace: string[] = [];
  readonly #core: ReleaseCore;
  readonly #oracle: ReleaseOracle;
  readonly #gates = new Map<string, GateAnswer>();
  #asked: Asked[] = [];
  #rollout: Rollout;
  #weights: Weights | undefined;
  #status: RolloutStatus | undefined;
  #latch: Latch | undefined;
  #acked: Acknowledgement = { kind: "applied" };
  #window = true;
  #blind = false;
  #stableAnswers = true;
  #canaryAnswers = true;
  #nowMs = 1_000_000_000;
  #revision = 10n;
  #operations = 0;

  constructor(core: ReleaseCore, rollout: Rollout, weights: readonly number[] | undefined) {
    this.#core = core;
    this.#rollout = rollout;
    this.#weights = weightsFrom(weights);
    this.#oracle = new ReleaseOracle(rollout);
  }

  get #input(): DecideInput {
    return {
      rollout: this.#rollout,
      status: this.#status,
      weights: this.#weights,
      weightsBy: undefined,
      latch: this.#latch,
      unable: this.#unable(),
      acked: this.#acked,
      analysis: findingsOf(this.#status),
      blind: this.#blind ? ["http-5xx: 3 requests, fewer than 20"] : [],
      window: { open: this.#window, untilMs: undefined },
      gates: this.#gates,
      nowMs: this.#nowMs,
      operation: `act-${this.#operations}`,
    };
  }

  #unable(): ReadonlyMap<SubsetName, string> {
    const { stable, canary } = this.#rollout;
    return new Map([
      ...(this.#stableAnswers ? [] : [[stable, `${stable} has no instance`] as const]),
      ...(this.#canaryAnswers && this.#latch === undefined
        ? []
        : [[canary, `${canary} cannot answer`] as const]),
    ]);
  }

  move(move: Move): void {
    this.trace.push(JSON.stringify(move));
    switch (move.kind) {
      case "act":
        this.#act(move.fate);
        break;
      case "calm":
        this.#calm(move.acts);
        break;
      case "tick":
        this.#tick(move.ms);
        break;
      case "ack":
        this.#acked = move.acked;
        break;
      case "edit":
        this.#edit(move.weights);
        break;
      case "say":
        this.#say(move.command);
        break;
      case "measure":
        this.#measure(move.which, move.outcome);
        break;
      case "answer":
        // Questions are rare: where none is open, the next one is waited for.
        for (let acts = 0; acts < 4 && this.#asked.length === 0; acts++) this.#act("done");
        this.#answer(move.answer);
        break;
      default:
        this.#changeSetting(move);
    }
  }

  #changeSetting(move: Move): void {
    switch (move.kind) {
      case "latch":
        this.#latch = { atMs: this.#nowMs, guard: "http-5xx", evidence: "9 of 10 failed" };
        break;
      case "instances":
        this.#stableAnswers = move.ofStable;
        this.#canaryAnswers = move.ofCanary;
        break;
      case "window":
        this.#window = move.open;
        break;
      case "blind":
        this.#blind = move.is;
        break;
      case "paused":
        this.#rollout = { ...this.#rollout, paused: move.is };
        this.#oracle.rollout = this.#rollout;
        break;
      case "respec":
        this.#rollout = { ...this.#rollout, specHash: `${this.#rollout.specHash}+` };
        break;
      case "leader":
        this.#gates.clear();
        this.#asked = [];
        this.#oracle.forgetAnswers();
        this.#tick(move.skewMs);
        break;
      default:
    }
  }

  /** Judged, and the same when it is asked for again. */
  #decide(): Decision {
    const input = this.#input;
    const decision = this.#core.decide(input);
    this.trace.push(`  ${describe(decision)}`);
    check(isDeepStrictEqual(decision, this.#core.decide(input)), "the same decision again");
    this.#oracle.judge(input, decision);
    return decision;
  }

  #act(fate: "done" | "lost" | "overtaken"): Decision {
    const decision = this.#decide();
    if (decision.kind === "ask") {
      for (const { key, webhook } of decision.asks) {
        check((this.#gates.get(key) ?? "unasked") === "unasked", "nobody is asked twice");
        this.#gates.set(key, "waiting");
        this.#asked.push({ key, webhook, epoch: this.#oracle.epoch });
      }
    } else if (decision.kind === "write" && fate === "done") {
      const after = decision.weights ?? this.#weights;
      if (decision.event === "StepWritten") {
        check(
          after !== undefined && isAllowed(this.#rollout, after),
          "the plan allows the weights",
        );
      }
      this.#oracle.committed(this.#input, decision);
      this.#commit(decision.status, decision.weights);
      const { writtenRevision } = decision.status;
      // What was just written has reached nobody yet.
      if (writtenRevision === "this" && this.#acked.kind === "applied") {
        this.#acked = { kind: "pending", behind: ["edge-1"] };
      }
    } else if (decision.kind === "write" && fate === "overtaken") {
      // The transaction compares the revisions of what it was decided upon, and fails.
      this.#edit([50, 50]);
    }
    return decision;
  }

  #commit(status: RolloutStatus, weights: Weights | undefined): void {
    this.#operations += 1;
    this.#revision += 1n;
    const value = encodeRolloutStatus(status);
    const read = decodeRolloutStatus({ value, modRevision: this.#revision });
    check(read.ok, "the status can be read");
    this.#status = read.value;
    if (weights !== undefined) this.#weights = weights;
    // No two acts are made at the same time.
    this.#tick(1);
  }

  #calm(acts: number): void {
    for (let turn = 0; turn < acts; turn++) {
      this.#acked = { kind: "applied" };
      const decision = this.#act("done");
      if (decision.kind === "hold") return;
      if (decision.kind === "ask") this.#agree();
    }
  }

  /** Everybody agrees, and nobody wants a rollback. */
  #agree(): void {
    while (this.#asked.length > 0) {
      this.#answer(this.#asked[0]?.webhook.type === "rollback" ? "refused" : "passed");
    }
  }

  #tick(ms: number): void {
    this.#nowMs += ms;
    if (idle.has(this.#status?.waits?.for ?? "")) this.#oracle.idleMs += ms;
  }

  #edit(weights: readonly number[] | undefined): void {
    this.#weights = weightsFrom(weights);
  }

  #answer(answer: GateAnswer): void {
    const asked = this.#asked.shift();
    if (asked === undefined) return;
    this.#gates.set(asked.key, answer);
    if (asked.epoch !== this.#oracle.epoch) return;
    const name = `${asked.webhook.type}/${asked.webhook.name}`;
    if (answer === "passed") this.#oracle.passed.add(name);
    if (answer === "refused") this.#oracle.refused.add(name);
    if (answer === "waiting") this.#asked.push(asked);
    // Who asks tries again after a while.
    if (answer === "unasked") this.#gates.delete(asked.key);
  }

  #say(command: RolloutCommand): void {
    const input = this.#input;
    const outcome = this.#core.applyCommand({
      ...input,
      latched: this.#latch !== undefined,
      command,
      by: "ann",
      why: undefined,
    });
    this.trace.push(`  ${outcome.kind}: ${outcome.reason}`);
    this.#oracle.heard(command, input, outcome);
    if (outcome.kind === "refused") return;
    this.#commit(outcome.status, outcome.weights);
    if (outcome.clearsLatch) this.#latch = undefined;
    if (command === "abort" || command === "undo") {
      this.#acked = { kind: "pending", behind: ["edge-1"] };
    }
  }

  /** Of one of the metrics that are measured now. */
  #measure(which: number, outcome: Outcome): void {
    const status = this.#status;
    if (status === undefined || status.specHash !== this.#rollout.specHash) return;
    if (status.aborted !== undefined || status.phase === "Healthy") return;
    const { steps, background } = this.#rollout;
    const step = steps[status.step];
    const own = step?.kind === "analysis" && status.reachedMs !== undefined ? step.metrics : [];
    const watched = status.step >= background.startingStep ? background.metrics : [];
    const keys = [
      ...own.map(({ name }) => name),
      ...watched.map(({ name }) => `background/${name}`),
    ];
    const key = keys[which % Math.max(1, keys.length)];
    if (key === undefined) return;
    const tally = status.tallies.get(key) ?? noTally;
    const tallies = new Map(status.tallies);
    tallies.set(key, { ...tally, [outcome]: tally[outcome] + 1 });
    this.#commit({ ...status, tallies }, undefined);
    const finding = findingsOf(this.#status).get(key)?.verdict ?? "";
    this.#oracle.measured.set(key, finding);
  }

  /** From here all goes well, and people do what they are told: the release must come to its end. */
  mend(): void {
    this.trace.push("mend");
    this.#latch = undefined;
    this.#window = true;
    this.#blind = false;
    this.#stableAnswers = true;
    this.#canaryAnswers = true;
    this.#rollout = { ...this.#rollout, paused: false };
    if (this.#oracle.begun) this.#oracle.rollout = { ...this.#oracle.rollout, paused: false };
    for (let turns = 0; turns < 60; turns++) {
      this.#gates.clear();
      this.#asked = [];
      this.#oracle.forgetAnswers();
      this.#calm(100);
      if (this.#status?.phase === "Healthy") break;
      this.#helpOn();
    }
    check(this.#status?.phase === "Healthy", `it ends: ${this.#status?.message}`);
    check(this.#status?.specHash === this.#rollout.specHash, "it is the release of the spec");
  }

  #helpOn(): void {
    const status = this.#status;
    const decision = this.#decide();
    check(decision.kind === "hold", "calm ends in a hold");
    if (status?.aborted !== undefined) this.#say("retry");
    else if (status?.held === true) this.#say("resume");
    else if (decision.kind === "hold" && decision.untilMs !== undefined) {
      if (status?.waits?.for === "Analysis") this.#measureAll();
      else this.#tick(decision.untilMs - this.#nowMs);
    } else this.#say("promote");
  }

  #measureAll(): void {
    for (let which = 0; which < 4; which++) this.#measure(which, "successful");
  }
}

/** Of v1, v2 and v0. */
const weightsFrom = (weights: readonly number[] | undefined): Weights | undefined =>
  weights === undefined
    ? undefined
    : new Map(weights.map((weight, i) => [["v1", "v2", "v0"][i] as SubsetName, weight]));

/** One measurement decides. */
function findingsOf(status: RolloutStatus | undefined): ReadonlyMap<string, AnalysisFinding> {
  const findings = [...(status?.tallies ?? [])].map(([key, tally]) => {
    const verdict =
      (tally.failed > 0 && "failed") ||
      (tally.errors > 0 && "error") ||
      (tally.inconclusive > 0 && "inconclusive") ||
      (key.startsWith("background/") ? "running" : "successful");
    return [key, { verdict, evidence: `${key} was measured` }] as const;
  });
  return new Map(findings);
}

function describe(decision: Decision): string {
  if (decision.kind === "hold") return `hold: ${decision.reason}`;
  if (decision.kind === "ask") return `ask: ${decision.asks.map(({ key }) => key).join(" ")}`;
  const weights = decision.weights === undefined ? "" : JSON.stringify([...decision.weights]);
  return `${decision.event} ${weights} ${decision.status.message}`;
}
