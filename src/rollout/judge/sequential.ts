/**
 * The canary's error rate against the stable version's, looked at as often as one likes. A test for
 * a fixed number of requests that is repeated at every look raises false alarms several times over;
 * this one does not: whatever the rates are, the chance that it is ever wrong is `alpha` at the
 * most.
 *
 * How: the likelihood of the counts under a mixture of all rates (Jeffreys' prior, each version by
 * itself), divided by their greatest likelihood under the hypothesis that is to be refuted. For
 * every pair of rates within the hypothesis that quotient is at most a martingale that begins at 1,
 * so it ever reaches 1 / alpha with a chance of alpha (Ville). Only counts since one moment enter,
 * in whatever order the requests came.
 * Wasserman, Ramdas, Balakrishnan: Universal inference. https://arxiv.org/abs/1912.11436
 *
 * It assumes that requests fail independently of each other; errors in bursts look like more
 * evidence than they are. `npm run simulate` shows how much that matters.
 */
import { assert } from "../../lib/assert.ts";
import type { Interval } from "../../lib/condition/condition.ts";
import { type Counts, requestsOf } from "../../observe/load/signal.ts";
import { logBetaHalves } from "./log-beta.ts";

export type RateVerdict =
  /** The canary's rate is more than `maxDelta` above the stable one's. */
  | "worse"
  /** ... is less than that above it. */
  | "notWorse"
  | "undecided";

export function compareRates(
  canary: Counts,
  stable: Counts,
  maxDelta: number,
  alpha: number,
): RateVerdict {
  assert(alpha > 0 && alpha < 1, `alpha is between 0 and 1: ${alpha}`);
  if (logEvidence(canary, stable, maxDelta) < -Math.log(alpha)) return "undecided";
  return observed(canary, stable) > maxDelta ? "worse" : "notWorse";
}

/**
 * How far apart the two rates are, canary minus stable; each end with a chance of `alpha` to be
 * wrong.
 */
export function differenceBounds(canary: Counts, stable: Counts, alpha: number): Interval {
  if (requestsOf(canary) === 0 || requestsOf(stable) === 0) return { low: -1, high: 1 };
  const needed = -Math.log(alpha);
  const middle = observed(canary, stable);
  const edge = (end: -1 | 1): number => {
    let outside: number = end;
    if (logEvidence(canary, stable, outside) < needed) return end;
    let inside = middle;
    for (let i = 0; i < boundSteps; i += 1) {
      const delta = (inside + outside) / 2;
      if (logEvidence(canary, stable, delta) < needed) inside = delta;
      else outside = delta;
    }
    return outside;
  };
  return { low: edge(-1), high: edge(1) };
}

/** Halvings of an interval that is 2 wide at the most: to 1e-7, for a sentence. */
const boundSteps = 24;

/** ... and to what a double can hold, for a verdict. */
const rateSteps = 54;

const observed = (canary: Counts, stable: Counts): number =>
  canary.errors / requestsOf(canary) - stable.errors / requestsOf(stable);

/**
 * Logarithm of the evidence that the difference of the rates lies on that side of `delta` on which
 * it was observed, against all differences from `delta` on.
 */
export function logEvidence(canary: Counts, stable: Counts, delta: number): number {
  if (requestsOf(canary) === 0 || requestsOf(stable) === 0) return 0;
  return logMixture(canary) + logMixture(stable) - logGreatest(canary, stable, delta);
}

/** Of these counts in one order, the rate drawn from Beta(1/2, 1/2). */
const logMixture = ({ ok, errors }: Counts): number =>
  logBetaHalves(errors, ok) - logBetaHalves(0, 0);

/**
 * The greatest likelihood of any two rates that are `delta` apart. The hypothesis has those that
 * are further apart as well, but the likelihood is concave and its peak is on the other side, so it
 * is greatest at the edge. On the edge it is concave too: its slope, which falls, is followed to
 * zero.
 */
function logGreatest(canary: Counts, stable: Counts, delta: number): number {
  let low = Math.max(0, -delta);
  let high = Math.min(1, 1 - delta);
  for (let i = 0; i < rateSteps; i += 1) {
    const rate = (low + high) / 2;
    if (slope(canary, inUnit(rate + delta)) + slope(stable, rate) > 0) low = rate;
    else high = rate;
  }
  const rate = (low + high) / 2;
  return logLikelihood(canary, inUnit(rate + delta)) + logLikelihood(stable, rate);
}

const inUnit = (rate: number): number => Math.min(1, Math.max(0, rate));

/** None of a kind says nothing, even where the chance of that kind is 0. */
const slope = ({ ok, errors }: Counts, rate: number): number =>
  (errors === 0 ? 0 : errors / rate) - (ok === 0 ? 0 : ok / (1 - rate));

const logLikelihood = ({ ok, errors }: Counts, rate: number): number =>
  (errors === 0 ? 0 : errors * Math.log(rate)) + (ok === 0 ? 0 : ok * Math.log1p(-rate));
