/**
 * Whether a route is for a request.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto#config-route-v3-routematch
 */
import type {
  CookieMatcher,
  FractionalPercent,
  QueryParameterMatcher,
  RouteMatch,
} from "../proto/messages.ts";
import { matchHeader } from "./header-match.ts";
import {
  bytesOf,
  cookie,
  isGrpc,
  lowerAscii,
  queryParameter,
  type RouterRequest,
} from "./request.ts";
import { matchesRegex, matchesText, textMatcherText } from "./text-match.ts";
import { all, no, unknown, type Verdict, yes } from "./verdict.ts";

export const matchRoute = (match: RouteMatch, request: RouterRequest): Verdict =>
  all(conditions(match, request));

function* conditions(match: RouteMatch, request: RouterRequest): Iterable<Verdict> {
  yield matchPath(match, request);
  if (match.grpc !== undefined) yield matchGrpc(request);
  for (const matcher of match.headers ?? []) yield matchHeader(matcher, request);
  for (const matcher of match.query_parameters ?? []) yield matchQuery(matcher, request);
  for (const matcher of match.cookies ?? []) yield matchCookie(matcher, request);
  if (match.tls_context !== undefined) yield unknown("the client's certificate");
  for (const { filter = "" } of match.dynamic_metadata ?? []) {
    yield unknown(`metadata that the filter ${filter} sets`);
  }
  const fraction = match.runtime_fraction?.default_value;
  if (match.runtime_fraction !== undefined) yield chance(fraction);
}

function matchPath(match: RouteMatch, { path }: RouterRequest): Verdict {
  const { case_sensitive: sensitive = { value: true } } = match;
  const fold = (text: string): string => (sensitive.value === true ? text : lowerAscii(text));
  const given = fold(path);
  const judge = (holds: boolean, text: string): Verdict => (holds ? yes(text) : no(text));
  const { path: exact, prefix, path_separated_prefix: segments, safe_regex: regex } = match;
  if (exact !== undefined) return judge(given === fold(bytesOf(exact)), `path is ${exact}`);
  if (regex !== undefined) {
    return judge(matchesRegex(regex, path), `path matches ${regex.regex ?? ""}`);
  }
  if (segments !== undefined) {
    const wanted = fold(bytesOf(segments));
    const holds = given === wanted || given.startsWith(`${wanted}/`);
    return judge(holds, `path is ${segments} or below`);
  }
  if (prefix !== undefined) {
    return judge(given.startsWith(fold(bytesOf(prefix))), `path starts with ${prefix}`);
  }
  return unknown("a kind of path condition that is not known here");
}

const matchGrpc = (request: RouterRequest): Verdict =>
  isGrpc(request) ? yes("content-type is gRPC") : no("content-type is gRPC");

function matchQuery(matcher: QueryParameterMatcher, request: RouterRequest): Verdict {
  const { name = "", string_match: text, present_match: present = true } = matcher;
  const value = queryParameter(request, bytesOf(name));
  const wanted =
    text === undefined ? (present ? "is present" : "is absent") : textMatcherText(text);
  const holds =
    text === undefined
      ? (value !== undefined) === present
      : value !== undefined && matchesText(text, value);
  return holds ? yes(`query parameter ${name} ${wanted}`) : no(`query parameter ${name} ${wanted}`);
}

function matchCookie(matcher: CookieMatcher, request: RouterRequest): Verdict {
  const { name = "", string_match: text = {}, invert_match: inverted = false } = matcher;
  const value = cookie(request, bytesOf(name));
  const wanted = `cookie ${name} ${inverted ? "not: " : ""}${textMatcherText(text)}`;
  const holds = value !== undefined && matchesText(text, value);
  return holds !== inverted ? yes(wanted) : no(wanted);
}

const denominators = { HUNDRED: 100, TEN_THOUSAND: 10_000, MILLION: 1_000_000 } as const;

function chance({ numerator = 0, denominator = "HUNDRED" }: FractionalPercent = {}): Verdict {
  const of = denominators[denominator];
  if (numerator <= 0) return no("0 % by chance");
  if (numerator >= of) return yes();
  return { kind: "chance", below: numerator, of, because: [] };
}
