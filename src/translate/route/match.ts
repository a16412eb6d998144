/**
 * A match of the Gateway API as Envoy's.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto
 */
import type { NamedMatch, PathMatch, RouteMatch } from "../../model/route.ts";

export function envoyMatch(match: RouteMatch) {
  const { path, headers, queryParams, cookies, method } = match;
  const methodIs = method === undefined ? [] : [{ name: ":method", ...exactly(method) }];
  return {
    ...pathSpecifier(path),
    headers: [...methodIs, ...headers.map(headerMatcher)],
    ...(queryParams.length === 0 ? {} : { query_parameters: queryParams.map(headerMatcher) }),
    ...(cookies.length === 0 ? {} : { cookies: cookies.map(headerMatcher) }),
  };
}

export function pathSpecifier(path: PathMatch) {
  switch (path.kind) {
    case "exact":
      return { path: path.value };
    case "regex":
      return { safe_regex: { regex: path.value } };
    case "prefix":
      return prefixSpecifier(path.value);
  }
}

/**
 * Whole segments: `/a` is not a prefix of `/ab`. A slash at the end does not count, and Envoy would
 * refuse it; `/` is the prefix of everything.
 */
function prefixSpecifier(value: string) {
  const trimmed = trimmedPrefix(value);
  return trimmed === "" ? { prefix: "/" } : { path_separated_prefix: trimmed };
}

export const trimmedPrefix = (prefix: string): string => prefix.replace(/\/+$/, "");

const exactly = (value: string) => ({ string_match: { exact: value } });

/** Of a header, and just so of a query parameter and a cookie. */
export function headerMatcher({ name, kind, value }: NamedMatch) {
  return {
    name,
    ...(kind === "exact" ? exactly(value) : { string_match: { safe_regex: { regex: value } } }),
  };
}
