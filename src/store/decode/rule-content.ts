/** What is read alike from rules of HTTPRoutes and GRPCRoutes. */
import type { ServiceName, SubsetName } from "../../model/names.ts";
import {
  type BackendRef,
  everyRequest,
  type HttpRoute,
  type NamedMatch,
  plainBackend,
  type RouteMatch,
  type RouteRule,
} from "../../model/route.ts";
import type { ParentRefValue } from "../schema/parent-ref.ts";
import type { NamedMatchValue } from "../schema/route-match.ts";
import { type BackendRefValue, backendProblem } from "../schema/route-rule.ts";
import type { HashSplitValue, TimeoutsValue } from "../schema/route-traffic.ts";
import type { RateLimitValue, RetryValue } from "../schema/traffic.ts";
import { toParentRefs } from "./parent-refs.ts";
import { toFilters, toHeaderFilters } from "./route-filters.ts";
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

/** What specs of both kinds have alike; `M`: a match of the kind. */
interface RouteSpec<M> {
  readonly hostnames?: readonly string[] | undefined;
  readonly parentRefs?: readonly ParentRefValue[] | undefined;
  readonly rules: readonly (TrafficValue & {
    readonly name?: string | undefined;
    readonly matches?: readonly M[] | undefined;
    readonly filters?: Parameters<typeof toFilters>[0];
    readonly backendRefs?: readonly BackendRefValue[] | undefined;
  })[];
}

/**
 * `toMatch`: undefined for a match that would match too much, and is left out. A rule without
 * matches takes everything; one of which every match is left out is none.
 */
export function toRules<M>(
  { hostnames, parentRefs, rules }: RouteSpec<M>,
  toMatch: (match: M) => RouteMatch | undefined,
): Pick<HttpRoute, "hostnames" | "parentRefs" | "rules"> {
  const toMatches = (matches: readonly M[] = []): readonly RouteMatch[] =>
    matches.length === 0
      ? [everyRequest]
      : matches.map(toMatch).filter((match) => match !== undefined);
  const made = rules.map(
    (rule): RouteRule => ({
      name: rule.name,
      matches: toMatches(rule.matches),
      filters: toFilters(rule.filters),
      backendRefs: toBackendRefs(rule.backendRefs),
      ...toTraffic(rule),
    }),
  );
  return {
    hostnames: toHostnames(hostnames),
    parentRefs: toParentRefs(parentRefs),
    rules: made.filter(({ matches }) => matches.length > 0),
  };
}

interface TrafficValue {
  readonly timeouts?: TimeoutsValue | undefined;
  readonly retry?: RetryValue | undefined;
  readonly hashSplit?: HashSplitValue | undefined;
  readonly rateLimit?: RateLimitValue | undefined;
}

/** Timeouts, retries, the sticky split and the rate limit of a rule. */
function toTraffic({
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
