/**
 * Which virtual host and route of a route configuration a request gets, and what that route does:
 * what a proxy with this configuration would do, worked out without one.
 */
import type { Route, RouteConfiguration, VirtualHost } from "../proto/messages.ts";
import { requestChanges } from "./changes.ts";
import { type Decision, type DrawnBefore, decide, pickedPart } from "./decide.ts";
import { matchRoute } from "./match.ts";
import { isForHostWithPort } from "./redirect.ts";
import type { RouterRequest } from "./request.ts";
import { type Drawn, shareOf } from "./shares.ts";
import type { Verdict } from "./verdict.ts";
import { findVirtualHost } from "./virtual-host.ts";

export interface RouteOutcome {
  /** Name of the route; its number where it has none. */
  readonly route: string;
  /** Place among the routes of the virtual host, from 0. */
  readonly index: number;
  /** The conditions that held. */
  readonly matched: readonly string[];
  /**
   * Share of such requests that come here, 0 to 1: less than 1 where chance takes some to another
   * route. null: it hangs on `unknown`, here or in a route before.
   */
  readonly share: number | null;
  /** What only the proxy knows, and this route asks for; null: nothing. */
  readonly unknown: string | null;
  readonly decision: Decision;
  /** A redirect that serin has set before the rule's, for requests whose Host names a port. */
  readonly forHostWithPort: boolean;
  /** What happens to the request on the way, one line each. */
  readonly changes: readonly string[];
}

export interface PassedRoute {
  readonly route: string;
  /** The first condition that does not hold. */
  readonly because: string;
  readonly forHostWithPort: boolean;
}

export interface Explanation {
  /** Name of the route configuration. */
  readonly routes: string;
  /** null: no virtual host is for this host, so the answer is 404. */
  readonly virtualHost: string | null;
  /** Which of its domains the host fits. */
  readonly domain: string | null;
  /** Routes that stand before and have the path, with what did not fit; not more than 20. */
  readonly passed: readonly PassedRoute[];
  /** More than one where chance, or what only the proxy knows, decides. None: 404. */
  readonly outcomes: readonly RouteOutcome[];
  /** Share of such requests that no route is for: 404. null: unknown. */
  readonly unmatched: number | null;
}

export function explainRoutes(
  configuration: RouteConfiguration,
  request: RouterRequest,
): Explanation {
  const found = findVirtualHost(configuration, request.authority);
  const routes = configuration.name ?? "";
  if (found === undefined) {
    const nothing = { passed: [], outcomes: [], unmatched: 1 };
    return { routes, virtualHost: null, domain: null, ...nothing };
  }
  const { virtualHost, domain } = found;
  const walked = needsTls(virtualHost, request)
    ? { passed: [], outcomes: [tlsRedirect(request)], unmatched: 0 }
    : walk(configuration, virtualHost, request);
  return { routes, virtualHost: virtualHost.name ?? "", domain, ...walked };
}

const needsTls = ({ require_tls: required = "NONE" }: VirtualHost, { scheme }: RouterRequest) =>
  scheme === "http" && required !== "NONE";

const tlsRedirect = ({ authority, target }: RouterRequest): RouteOutcome => ({
  route: "require_tls",
  index: 0,
  matched: ["scheme is http"],
  share: 1,
  unknown: null,
  decision: { kind: "redirect", status: 301, to: `https://${authority}${target}` },
  forHostWithPort: false,
  changes: [],
});

/** A route whose conditions hold, or may hold, for requests that no route before has taken. */
interface Candidate {
  readonly route: Route;
  readonly index: number;
  readonly verdict: Exclude<Verdict, { kind: "no" }>;
  /** What chance must draw, and must not have drawn, for a request to come here. */
  readonly before: DrawnBefore;
  /** Whether all of that can be told. */
  readonly certain: boolean;
}

/** In order, until one takes every request that is left. */
function candidates({ routes = [] }: VirtualHost, request: RouterRequest) {
  const found: Candidate[] = [];
  const passed: PassedRoute[] = [];
  const failing: Drawn[] = [];
  let certain = true;
  for (const [index, route] of routes.entries()) {
    const verdict = matchRoute(route.match ?? {}, request);
    if (verdict.kind === "no") {
      // The path is the first condition: routes of other paths are not worth telling.
      const near = verdict.held.length > 0 && passed.length < mostPassed;
      if (near) passed.push(passedRoute(route, index, verdict.because));
      continue;
    }
    certain &&= verdict.kind !== "unknown";
    const holding = drawnBy(verdict);
    found.push({ route, index, verdict, certain, before: { holding, failing: [...failing] } });
    if (verdict.kind === "yes") break;
    failing.push(...holding);
  }
  return { found, passed };
}

const mostPassed = 20;

const passedRoute = (route: Route, index: number, because: string): PassedRoute => ({
  route: routeName(route, index),
  because,
  forHostWithPort: isForHostWithPort(route),
});

const routeName = ({ name = "" }: Route, index: number): string =>
  name === "" ? `#${index}` : name;

function walk(
  configuration: RouteConfiguration,
  virtualHost: VirtualHost,
  request: RouterRequest,
): Pick<Explanation, "passed" | "outcomes" | "unmatched"> {
  const { found, passed } = candidates(virtualHost, request);
  const outcomes = found.map(({ route, index, verdict, before, certain }): RouteOutcome => {
    const decision = decide(route, request, before);
    const part = pickedPart(decision);
    return {
      route: routeName(route, index),
      index,
      matched: verdict.because,
      share: certain ? shareOf(before.holding, before.failing) : null,
      unknown: verdict.kind === "unknown" ? verdict.unknown : null,
      decision,
      forHostWithPort: isForHostWithPort(route),
      changes: requestChanges({ configuration, virtualHost, route, part }, request),
    };
  });
  return {
    passed,
    // 0: chance has taken before all that might come here.
    outcomes: outcomes.filter(({ share }) => share !== 0),
    unmatched: unmatchedShare(found),
  };
}

function unmatchedShare(found: readonly Candidate[]): number | null {
  const last = found.at(-1);
  if (last === undefined) return 1;
  if (last.verdict.kind === "yes") return 0;
  const { holding, failing } = last.before;
  return last.certain ? shareOf([], [...failing, ...holding]) : null;
}

const drawnBy = (verdict: Verdict): readonly Drawn[] =>
  verdict.kind === "chance" ? [{ of: verdict.of, from: 0, to: verdict.below }] : [];

/** Names of the clusters that a route may lead to. */
export function clustersOf({ route }: Route): readonly string[] {
  if (route?.cluster !== undefined) return [route.cluster];
  return (route?.weighted_clusters?.clusters ?? []).map(({ name = "" }) => name);
}
