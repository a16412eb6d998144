/** What a look at a version brought, and whether it can be judged at all. */
import { limits } from "../../config/limits.ts";
import type { Result } from "../../lib/result.ts";
import { requestsOf, type SubsetSignal } from "../../observe/load/signal.ts";
import type { Measurement } from "../../observe/provider.ts";
import { duration } from "./phrases.ts";

/** What was asked for one version. */
export type Measured =
  /** Of the provider `envoy`. */
  | MeasuredRequests
  /** One number of another provider, and how old it is. */
  | {
      readonly kind: "value";
      readonly subset: string;
      readonly value: number;
      readonly ageMs: number;
    }
  /** The provider did not answer, or not as it should: one clause, without what is secret. */
  | { readonly kind: "unavailable"; readonly subset: string; readonly reason: string };

export interface MeasuredRequests {
  readonly kind: "requests";
  readonly signal: SubsetSignal;
  /** For a guard, over its `quickLookbacks`. */
  readonly recent?: readonly RecentSignal[];
}

export interface RecentSignal {
  readonly lookbackMs: number;
  readonly signal: SubsetSignal;
}

/** Both versions of a release, over the same time. */
export interface MeasuredPair {
  readonly kind: "pair";
  readonly canary: SubsetSignal;
  readonly stable: SubsetSignal;
}

/** Of a provider's answer. */
export const measuredBy = (
  subset: string,
  answer: Result<Pick<Measurement, "value" | "ageMs">, string>,
): Measured =>
  answer.ok
    ? { kind: "value", subset, value: answer.value.value, ageMs: answer.value.ageMs }
    : { kind: "unavailable", subset, reason: answer.error };

export const subsetOf = (measured: Measured): string =>
  measured.kind === "requests" ? measured.signal.subset : measured.subset;

/** Why nothing can be concluded from it: nobody reports, it is old, there is none. One sentence. */
export function withoutNews(measured: Measured, lookbackMs: number): string | undefined {
  switch (measured.kind) {
    case "requests":
      return withoutReports(measured.signal, lookbackMs);
    case "value":
      return measured.ageMs > limits.provider.staleMs
        ? `${measured.subset}: stale, the newest value is ${duration(measured.ageMs)} old`
        : undefined;
    case "unavailable":
      return `${measured.subset}: no data, ${measured.reason}`;
  }
}

export function withoutReports(signal: SubsetSignal, lookbackMs: number): string | undefined {
  const { subset, ageMs, counts } = signal;
  if (ageMs === undefined) return `${subset}: no data, no proxy reports`;
  if (ageMs > limits.judge.staleReportMs) {
    return `${subset}: stale, a proxy has not reported for ${duration(ageMs)}`;
  }
  if (requestsOf(counts) > 0) return undefined;
  return `${subset}: no data, no request ended in ${duration(lookbackMs)}`;
}

/** Fewer requests than the rule wants: one sentence. */
export function withTooFew(
  signal: SubsetSignal,
  minRequests: number,
  lookbackMs: number,
): string | undefined {
  const requests = requestsOf(signal.counts);
  if (requests >= minRequests) return undefined;
  const { subset, counts } = signal;
  return (
    `${subset}: too little data, ${requests} of the ${minRequests} requests needed` +
    ` in ${duration(lookbackMs)} (${counts.errors} failed)`
  );
}
