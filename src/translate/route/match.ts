/**
 * A match of the Gateway API as Envoy's.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto
 */
import type { NamedMatch, PathMatch, RouteMatch } from "../../model/route.ts";

export function envoyMatch({ path, headers }: RouteMatch) {
  return { ...pathSpecifier(path), headers: headers.map(headerMatcher) };
}

function pathSpecifier(path: PathMatch) {
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
  const trimmed = value.replace(/\/+$/, "");
  return trimmed === "" ? { prefix: "/" } : { path_separated_prefix: trimmed };
}

function headerMatcher({ name, kind, value }: NamedMatch) {
  const pattern = kind === "exact" ? { exact: value } : { safe_regex: { regex: value } };
  return { name, string_match: pattern };
}
