/**
 * Measurements of a release's analyses, each when it is due. What came of one goes into the tallies of
 * the status, so that another controller counts on from there; here are only the last sentences, and
 * questions that are under way.
 */
import { limits } from "../config/limits.ts";
import { dropOldest } from "../lib/drop-oldest.ts";
import { UnderWay } from "../lib/under-way.ts";
import type { SignalProvider } from "../model/guard.ts";
import type { Rollout } from "../model/rollout.ts";
import type { MetricTally, RolloutStatus } from "../model/rollout-status.ts";
import type { SubsetSignal } from "../observe/load/signal.ts";
import type { Provider } from "../observe/provider.ts";
import { reportedSince } from "./guard/retries.ts";
import { judgeMetric, lookbackOf } from "./judge/judge-metric.ts";
import { type Measured, type MeasuredPair, measuredBy } from "./judge/measured.ts";
import { analysisVerdict, dueAtMs, tallyOf } from "./judge/tally.ts";
import { type Watched, watchedBy } from "./release/analysis-outcome.ts";
import type { AnalysisFinding } from "./release/decision.ts";

export interface MeasurementOptions {
  readonly signal: (service: string, subset: string, lookbackMs: number) => SubsetSignal;
  readonly provider: Provider;
  /** Another provider has answered. */
  readonly onAnswer: () => void;
}

/** What was last seen; a look that decides nothing is in no tally. */
interface LastLook {
  readonly reason: string;
  readonly atMs: number;
}

interface Question {
  readonly asked: AbortController;
  answer: Measured | undefined;
}

export class ReleaseMeasurements {
  readonly #options: MeasurementOptions;
  readonly #looks = new Map<string, LastLook>();
  readonly #questions = new Map<string, Question>();
  readonly #underWay = new UnderWay();

  constructor(options: MeasurementOptions) {
    this.#options = options;
  }

  /** The tallies after all that is due at `nowMs`, wall clock; undefined: nothing is new. */
  measure(
    rollout: Rollout,
    status: RolloutStatus,
    nowMs: number,
  ): ReadonlyMap<string, MetricTally> | undefined {
    const tallies = new Map(status.tallies);
    let isNew = false;
    for (const watched of watchedBy(rollout, status)) {
      const tally = status.tallies.get(watched.key);
      if (knowsTheTimeBefore(watched, status, nowMs)) continue;
      if (!this.#isDue(rollout, watched, tally, nowMs)) continue;
      const elapsedMs = Math.max(0, nowMs - watched.startedMs);
      const measured = this.#measured(rollout, watched, elapsedMs, sinceRetry(status, nowMs));
      if (measured === undefined) continue;
      const { outcome, reason } = judgeMetric(watched.metric, measured, elapsedMs);
      this.#looks.set(idOf(rollout, watched), { reason, atMs: nowMs });
      dropOldest(this.#looks, limits.rollout.rememberedLooks);
      if (outcome === "waiting") continue;
      tallies.set(watched.key, tallyOf(tally, outcome, nowMs));
      isNew = true;
    }
    return isNew ? tallies : undefined;
  }

  /** How the analyses stand by the tallies of the status; what was not measured yet has no finding. */
  findings(rollout: Rollout, status: RolloutStatus): ReadonlyMap<string, AnalysisFinding> {
    const found = new Map<string, AnalysisFinding>();
    for (const watched of watchedBy(rollout, status)) {
      const { key, metric } = watched;
      const tally = status.tallies.get(key);
      if (tally === undefined) continue;
      const last = this.#looks.get(idOf(rollout, watched))?.reason;
      const evidence = last === undefined ? tallyText(tally) : `${tallyText(tally)}: ${last}`;
      found.set(key, { verdict: analysisVerdict(metric, tally), evidence });
    }
    return found;
  }

  /** Another replica leads: an answer that comes now would be old when this one leads again. */
  forget(): void {
    for (const { asked } of this.#questions.values()) asked.abort();
    this.#questions.clear();
  }

  async close(): Promise<void> {
    for (const { asked } of this.#questions.values()) asked.abort();
    await this.#underWay.ended();
  }

  #isDue(
    rollout: Rollout,
    watched: Watched,
    tally: MetricTally | undefined,
    nowMs: number,
  ): boolean {
    const { metric, startedMs } = watched;
    if (analysisVerdict({ ...metric, dryRun: false }, tally) !== "running") return false;
    const undecided = this.#looks.get(idOf(rollout, watched))?.atMs ?? Number.NEGATIVE_INFINITY;
    const due = Math.max(dueAtMs(metric, tally, startedMs), undecided + metric.intervalMs);
    // A clock that went back must not make the analysis wait for it to catch up.
    return nowMs >= due || due - nowMs > Math.max(metric.intervalMs, metric.initialDelayMs);
  }

  /** undefined: it is asked for. */
  #measured(
    rollout: Rollout,
    watched: Watched,
    elapsedMs: number,
    sinceRetryMs: number,
  ): Measured | MeasuredPair | undefined {
    const { metric } = watched;
    const { service, canary, stable } = rollout;
    if (metric.provider.kind !== "envoy") return this.#asked(rollout, watched, metric.provider);
    // What was before the analysis began is not held against the canary.
    const lookbackMs = Math.min(lookbackOf(metric, elapsedMs), elapsedMs, sinceRetryMs);
    if (lookbackMs <= 0) return undefined;
    const signal = this.#options.signal(service, canary, lookbackMs);
    return metric.judge.kind === "compare"
      ? { kind: "pair", canary: signal, stable: this.#options.signal(service, stable, lookbackMs) }
      : { kind: "requests", signal };
  }

  #asked(
    rollout: Rollout,
    watched: Watched,
    query: Exclude<SignalProvider, { readonly kind: "envoy" }>,
  ): Measured | undefined {
    const id = idOf(rollout, watched);
    const known = this.#questions.get(id);
    if (known?.answer !== undefined) this.#questions.delete(id);
    if (known !== undefined) return known.answer;
    const question: Question = { asked: new AbortController(), answer: undefined };
    this.#questions.set(id, question);
    dropOldest(this.#questions, limits.rollout.rememberedLooks);
    const work = this.#ask(question, rollout.canary, query);
    this.#underWay.add(work);
    return undefined;
  }

  async #ask(
    question: Question,
    subset: string,
    query: Exclude<SignalProvider, { readonly kind: "envoy" }>,
  ): Promise<void> {
    const { provider, onAnswer } = this.#options;
    const { signal } = question.asked;
    const answer = await provider.measure(query, signal);
    question.answer = measuredBy(subset, answer);
    if (!signal.aborted) onAnswer();
  }
}

/** For how long proxies' reports are of this attempt alone; a clock that went back must not be waited for. */
const sinceRetry = ({ retriedMs }: RolloutStatus, nowMs: number): number =>
  retriedMs === undefined || nowMs < retriedMs
    ? Number.POSITIVE_INFINITY
    : reportedSince(nowMs - retriedMs);

/** A figure of another provider is over its look-back, as far as anybody knows: not before a `retry`. */
function knowsTheTimeBefore(
  { metric: { provider, lookbackMs } }: Watched,
  { retriedMs }: RolloutStatus,
  nowMs: number,
): boolean {
  if (retriedMs === undefined || provider.kind === "envoy") return false;
  // A clock that went back must not be waited for.
  return nowMs >= retriedMs && nowMs - retriedMs < lookbackMs;
}

/** Of one metric of one analysis of one release. */
const idOf = ({ service, specHash }: Rollout, { key, startedMs }: Watched): string =>
  `${service} ${specHash} ${startedMs} ${key}`;

/** `2 of 3 measurements failed`; what is 0 is left out. */
function tallyText({ successful, failed, inconclusive, errors }: MetricTally): string {
  const all = successful + failed + inconclusive + errors;
  const parts = [
    [failed, "failed"],
    [inconclusive, "inconclusive"],
    [errors, "could not be made"],
  ] as const;
  const told = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  const measurements = all === 1 ? "1 measurement" : `${all} measurements`;
  return told.length === 0
    ? `${measurements}, successful`
    : `of ${measurements} ${told.join(", ")}`;
}
