/**
 * Which match is tried first. Envoy takes the first that fits, and the Gateway API says which one
 * must win, whatever the order in which routes were written.
 * https://gateway-api.sigs.k8s.io/reference/spec/#httprouterule (matches)
 */
import { compareText } from "../../lib/compare-text.ts";
import type { HttpRoute, PathMatch, RouteMatch } from "../../model/route.ts";

/** A match with its place: the rule and the match inside of the rule, counted from 0. */
export interface PlacedMatch {
  readonly route: Pick<HttpRoute, "name" | "createRevision" | "origin">;
  readonly rule: number;
  readonly index: number;
  readonly match: RouteMatch;
  /** Rank of the route's hostname among those that lead to the same virtual host. */
  readonly hostnameRank: number;
}

/**
 * The more specific hostname, then the kind of path, the longer path, a method, more headers, more
 * query parameters, more cookies (ours), the older route, the route's name, and the order of rules
 * and matches. Never 0 for two different places.
 */
export function comparePrecedence(a: PlacedMatch, b: PlacedMatch): number {
  return (
    b.hostnameRank - a.hostnameRank ||
    pathRank(a.match.path) - pathRank(b.match.path) ||
    b.match.path.value.length - a.match.path.value.length ||
    hasMethod(b.match) - hasMethod(a.match) ||
    b.match.headers.length - a.match.headers.length ||
    b.match.queryParams.length - a.match.queryParams.length ||
    b.match.cookies.length - a.match.cookies.length ||
    compareAge(a, b) ||
    compareText(a.route.name, b.route.name) ||
    compareText(a.route.origin, b.route.origin) ||
    a.rule - b.rule ||
    a.index - b.index
  );
}

/**
 * The Gateway API leaves the place of regular expressions open. They stand before the prefixes,
 * because behind the prefix `/` they could never match.
 */
function pathRank(path: PathMatch): number {
  switch (path.kind) {
    case "exact":
      return 0;
    case "regex":
      return 1;
    case "prefix":
      return 2;
  }
}

const hasMethod = ({ method }: RouteMatch): number => Number(method !== undefined);

function compareAge(a: PlacedMatch, b: PlacedMatch): number {
  if (a.route.createRevision === b.route.createRevision) return 0;
  return a.route.createRevision < b.route.createRevision ? -1 : 1;
}
