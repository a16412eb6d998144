/** A checked HTTPRoute spec → the route of the model, with the Gateway API's defaults filled in. */
import {
  everyRequest,
  type HttpRoute,
  type RouteMatch,
  type RouteRule,
} from "../../model/route.ts";
import type { RouteValue } from "../schema/route.ts";
import { isWholeMatch, type MatchValue } from "../schema/route-match.ts";
import { toParentRefs } from "./parent-refs.ts";
import { toFilters } from "./route-filters.ts";
import {
  asWritten,
  lowerCase,
  toBackendRefs,
  toHostnames,
  toNamedMatches,
  toTraffic,
} from "./rule-content.ts";

export const toHttpRoute = (
  value: RouteValue,
  name: string,
  origin: string,
  createRevision: bigint,
): HttpRoute => ({
  kind: "http",
  name,
  hostnames: toHostnames(value.hostnames),
  parentRefs: toParentRefs(value.parentRefs),
  rules: value.rules.map(toRule).filter(({ matches }) => matches.length > 0),
  origin,
  createRevision,
});

type RuleValue = RouteValue["rules"][number];

/** A rule of which every match was left out has none. */
const toRule = (rule: RuleValue): RouteRule => ({
  name: rule.name,
  matches: toMatches(rule.matches ?? []),
  filters: toFilters(rule.filters),
  backendRefs: toBackendRefs(rule.backendRefs),
  ...toTraffic(rule),
});

const toMatches = (matches: readonly MatchValue[]): readonly RouteMatch[] =>
  matches.length === 0 ? [everyRequest] : matches.filter(isWholeMatch).map(toMatch);

const pathKinds = { Exact: "exact", PathPrefix: "prefix", RegularExpression: "regex" } as const;

const toMatch = ({ path, headers, queryParams, cookies, method }: MatchValue): RouteMatch => ({
  path: { kind: pathKinds[path?.type ?? "PathPrefix"], value: path?.value ?? "/" },
  headers: toNamedMatches(headers, lowerCase),
  queryParams: toNamedMatches(queryParams, asWritten),
  cookies: toNamedMatches(cookies, asWritten),
  method,
});
