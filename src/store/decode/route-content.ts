/** A checked HTTPRoute spec → the route of the model, with the Gateway API's defaults filled in. */
import type { HttpRoute, RouteMatch } from "../../model/route.ts";
import type { RouteValue } from "../schema/route.ts";
import { isWholeMatch, type MatchValue } from "../schema/route-match.ts";
import { asWritten, lowerCase, toNamedMatches, toRules } from "./rule-content.ts";

export const toHttpRoute = (
  value: RouteValue,
  name: string,
  origin: string,
  createRevision: bigint,
): HttpRoute => ({
  kind: "http",
  name,
  ...toRules(value, (match) => (isWholeMatch(match) ? toMatch(match) : undefined)),
  origin,
  createRevision,
});

const pathKinds = { Exact: "exact", PathPrefix: "prefix", RegularExpression: "regex" } as const;

const toMatch = ({ path, headers, queryParams, cookies, method }: MatchValue): RouteMatch => ({
  path: { kind: pathKinds[path?.type ?? "PathPrefix"], value: path?.value ?? "/" },
  headers: toNamedMatches(headers, lowerCase),
  queryParams: toNamedMatches(queryParams, asWritten),
  cookies: toNamedMatches(cookies, asWritten),
  method,
});
