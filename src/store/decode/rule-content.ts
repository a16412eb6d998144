/** What is read alike from rules of HTTPRoutes and GRPCRoutes. */
import type { ServiceName, SubsetName } from "../../model/names.ts";
import {
  type BackendRef,
  type NamedMatch,
  plainBackend,
  type RouteRule,
} from "../../model/route.ts";
import type { NamedMatchValue } from "../schema/route-match.ts";
import { type BackendRefValue, backendProblem } from "../schema/route-rule.ts";
import type { HashSplitValue, TimeoutsValue } from "../schema/route-traffic.ts";
import type { RateLimitValue, RetryValue } from "../schema/traffic.ts";
import { toHeaderFilters } from "./route-filters.ts";
import { optionalMs, toHashSplit, toRateLimit, toRetry } from "./traffic-content.ts";

export const toHostnames = (hostnames: readonly string[] | undefined): readonly string[] => [
  ...new Set((hostnames ?? []).map((hostname) => hostname.toLowerCase())),
];

/** Of several conditions on one name only the first counts. */
export function toNamedMatches(
  conditions: readonly NamedMatchValue[] | undefined,
  identity: (name: string) => string,
): readonly NamedMatch[] {
  const matches = new Map<string, NamedMatch>();
  for (const { name: written, type, value } of conditions ?? []) {
    const name = identity(written);
    if (matches.has(name)) continue;
    matches.set(name, { name, kind: type === "RegularExpression" ? "regex" : "exact", value });
  }
  return [...matches.values()];
}

export const lowerCase = (name: string): string => name.toLowerCase();
export const asWritten = (name: string): string => name;

export const toBackendRefs = (
  refs: readonly BackendRefValue[] | undefined,
): readonly BackendRef[] =>
  (refs ?? []).map((ref) => ({
    service: ref.name as ServiceName,
    subset: ref.subset as SubsetName | undefined,
    weight: ref.weight ?? plainBackend.weight,
    invalid: backendProblem(ref),
    ...toHeaderFilters(ref.filters),
  }));

interface TrafficValue {
  readonly timeouts?: TimeoutsValue | undefined;
  readonly retry?: RetryValue | undefined;
  readonly hashSplit?: HashSplitValue | undefined;
  readonly rateLimit?: RateLimitValue | undefined;
}

/** Timeouts, retries, the sticky split and the rate limit of a rule. */
export function toTraffic({
  timeouts,
  retry,
  hashSplit,
  rateLimit,
}: TrafficValue): Pick<RouteRule, "timeouts" | "retry" | "hashSplit" | "rateLimit"> {
  return {
    timeouts: {
      requestMs: optionalMs(timeouts?.request),
      backendRequestMs: optionalMs(timeouts?.backendRequest),
    },
    retry: retry && toRetry(retry),
    hashSplit: hashSplit === undefined ? undefined : toHashSplit(hashSplit),
    rateLimit: rateLimit === undefined ? undefined : toRateLimit(rateLimit),
  };
}
