/** A checked GRPCRoute spec → the route of the model. */
import {
  everyRequest,
  type HttpRoute,
  type RouteMatch,
  type RouteRule,
} from "../../model/route.ts";
import { methodPath } from "../schema/grpc-method.ts";
import {
  type GrpcMatchValue,
  type GrpcRouteValue,
  isWholeGrpcMatch,
} from "../schema/grpc-route.ts";
import { toParentRefs } from "./parent-refs.ts";
import { toFilters } from "./route-filters.ts";
import {
  lowerCase,
  toBackendRefs,
  toHostnames,
  toNamedMatches,
  toTraffic,
} from "./rule-content.ts";

export const toGrpcRoute = (
  value: GrpcRouteValue,
  name: string,
  origin: string,
  createRevision: bigint,
): HttpRoute => ({
  kind: "grpc",
  name,
  hostnames: toHostnames(value.hostnames),
  parentRefs: toParentRefs(value.parentRefs),
  rules: value.rules.map(toRule).filter(({ matches }) => matches.length > 0),
  origin,
  createRevision,
});

const toRule = (rule: GrpcRouteValue["rules"][number]): RouteRule => ({
  name: rule.name,
  matches: toMatches(rule.matches ?? []),
  filters: toFilters(rule.filters),
  backendRefs: toBackendRefs(rule.backendRefs),
  ...toTraffic(rule),
});

const toMatches = (matches: readonly GrpcMatchValue[]): readonly RouteMatch[] =>
  matches.length === 0 ? [everyRequest] : matches.filter(isWholeGrpcMatch).map(toMatch);

const toMatch = ({ method, headers }: GrpcMatchValue): RouteMatch => ({
  ...everyRequest,
  path: method === undefined ? everyRequest.path : methodPath(method),
  headers: toNamedMatches(headers, lowerCase),
});
