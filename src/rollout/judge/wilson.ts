/**
 * Wilson's score interval: what a counted ratio says of the true one. Unlike the normal
 * approximation it is right for few requests and for ratios near 0 and 1. Each end is one-sided:
 * with the confidence asked for the true ratio is above `low`, and with the same it is below
 * `high`.
 * https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval#Wilson_score_interval
 */
import { assert } from "../../lib/assert.ts";
import type { Interval } from "../../lib/condition/condition.ts";
import { type Counts, requestsOf } from "../../observe/load/signal.ts";
import { normalQuantile } from "./normal-quantile.ts";

/** The confidence is at least 0.5. No requests say nothing. */
export function wilsonInterval(counts: Counts, confidence: number): Interval {
  const { ok, errors } = counts;
  assert(ok >= 0 && errors >= 0, `counts below zero: ${ok} ok, ${errors} errors`);
  assert(confidence >= 0.5 && confidence < 1, `confidence from 0.5 to below 1: ${confidence}`);
  const requests = requestsOf(counts);
  if (requests === 0) return { low: 0, high: 1 };
  const ratio = errors / requests;
  const z = normalQuantile(confidence);
  const share = (z * z) / requests;
  const centre = (ratio + share / 2) / (1 + share);
  const reach =
    (z * Math.sqrt((ratio * (1 - ratio)) / requests + share / (4 * requests))) / (1 + share);
  // What is exact stays so, whatever rounding does.
  return {
    low: errors === 0 ? 0 : Math.min(ratio, centre - reach),
    high: ok === 0 ? 1 : Math.max(ratio, centre + reach),
  };
}
