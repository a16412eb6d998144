/** A checked HTTPRoute spec → the route of the model, with the Gateway API's defaults filled in. */
import type { ServiceName, SubsetName } from "../../model/names.ts";
import {
  everyRequest,
  type HttpRoute,
  type PathMatch,
  plainBackend,
  plainRule,
  type RouteMatch,
  type RouteRule,
} from "../../model/route.ts";
import { type MatchValue, matchConditions, type RouteValue } from "../schema/route.ts";
import type { Content, KeyOf } from "./content.ts";

export function toRoute(
  value: RouteValue,
  key: KeyOf<"routes">,
  origin: string,
  createRevision: bigint,
): Content {
  const route: HttpRoute = {
    kind: "http",
    name: key.route,
    parentRefs: [],
    hostnames: [...new Set((value.hostnames ?? []).map((hostname) => hostname.toLowerCase()))],
    rules: value.rules.map(toRule).filter(({ matches }) => matches.length > 0),
    origin,
    createRevision,
  };
  return { kind: "route", route };
}

function toRule(rule: RouteValue["rules"][number]): RouteRule {
  const matches = rule.matches ?? [];
  return {
    ...plainRule,
    matches: matches.length === 0 ? [everyRequest] : matches.filter(isWhole).map(toMatch),
    backendRefs: (rule.backendRefs ?? []).map(({ name, subset, weight }) => ({
      ...plainBackend,
      service: name as ServiceName,
      subset: subset as SubsetName | undefined,
      weight: weight ?? plainBackend.weight,
    })),
  };
}

/** Whether every condition of the match is one that serin can pass on. */
const isWhole = (match: MatchValue): boolean =>
  Object.keys(match).every((field) => matchConditions.includes(field));

const pathKinds = { Exact: "exact", PathPrefix: "prefix", RegularExpression: "regex" } as const;

function toMatch({ path, headers }: MatchValue): RouteMatch {
  const kind: PathMatch["kind"] = pathKinds[path?.type ?? "PathPrefix"];
  return {
    ...everyRequest,
    path: { kind, value: path?.value ?? "/" },
    headers: (headers ?? []).map(({ name, type, value }) => ({
      name: name.toLowerCase(),
      kind: type === "RegularExpression" ? "regex" : "exact",
      value,
    })),
  };
}
