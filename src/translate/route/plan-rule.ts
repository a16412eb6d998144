/** A rule of a route, match by match, as plans. */
import type { HttpRoute, NamedMatch, RouteMatch, RouteRule } from "../../model/route.ts";
import type { HashSplit } from "../../model/traffic.ts";
import { movingSplit } from "../weights/split-keys.ts";
import {
  type BackendDiagnostic,
  collapsed,
  type FoundServices,
  resolveBackends,
} from "./backends.ts";
import { sliceCount } from "./mirror-slices.ts";
import { mirrorsOf } from "./mirrors.ts";
import type { ForwardPlan, PlannedAction, PlannedCluster, RoutePlan } from "./plan.ts";
import type { ServiceRouting } from "./routing.ts";

export interface PlannedRule {
  readonly matches: readonly PlannedRuleMatch[];
  readonly diagnostics: readonly BackendDiagnostic[];
  /** Routes that its mirrors to splits make; 0: its matches have one each. */
  readonly mirrorRoutes: number;
}

interface PlannedRuleMatch {
  readonly match: RouteMatch;
  readonly plans: readonly RoutePlan[];
}

/** `routesMax`: that the matches of the rule may become by mirrors to splits. */
export function planRule(
  route: Pick<HttpRoute, "kind" | "name">,
  rule: RouteRule,
  index: number,
  found: FoundServices,
  routesMax: number,
): PlannedRule {
  const { action, diagnostics } = actionOf(route, rule, found, routesMax);
  const matches = rule.matches.map((match, i) => ({
    match,
    plans: plansFor(`${route.name}/${index}/${i}`, match, action),
  }));
  const slices = action.kind === "forward" ? sliceCount(action.mirrors) : 1;
  return { matches, diagnostics, mirrorRoutes: slices > 1 ? slices * matches.length : 0 };
}

/**
 * A split by hash needs two routes: without the headers Envoy would split by chance, and who cannot
 * be told apart must not be a guinea pig of one request and not of the next.
 */
export function plansFor(
  name: string,
  match: RouteMatch,
  action: PlannedAction,
): readonly RoutePlan[] {
  if (action.kind !== "forward" || action.hashSplit === undefined) return [{ name, match, action }];
  const stable = action.clusters.find(({ weight }) => weight > 0);
  const others = { ...action, hashSplit: undefined, clusters: allTo(action.clusters, stable) };
  return [
    { name, match: identified(match, action.hashSplit), action },
    { name: `${name}/others`, match, action: others },
  ];
}

const allTo = (
  clusters: readonly PlannedCluster[],
  one: PlannedCluster | undefined,
): readonly PlannedCluster[] => {
  const sum = clusters.reduce((total, { weight }) => total + weight, 0);
  return one === undefined ? clusters : [{ ...one, weight: sum }];
};

/** `match` for those who have all of the headers, and not empty. */
export function identified(match: RouteMatch, { headers }: HashSplit): RouteMatch {
  const present = headers.map((name): NamedMatch => ({ name, kind: "regex", value: ".+" }));
  const given = (header: NamedMatch): boolean =>
    match.headers.some((other) => other.name === header.name && other.value === header.value);
  return { ...match, headers: [...match.headers, ...present.filter((each) => !given(each))] };
}

interface RuleAction {
  readonly action: PlannedAction;
  readonly diagnostics: readonly BackendDiagnostic[];
}

function actionOf(
  { kind }: Pick<HttpRoute, "kind">,
  rule: RouteRule,
  found: FoundServices,
  routesMax: number,
): RuleAction {
  const { filters } = rule;
  // gRPC clients read 503 as UNAVAILABLE, and 500 as UNKNOWN.
  // https://gateway-api.sigs.k8s.io/reference/spec/#httprouterule (backendRefs, filters)
  const failed = { kind: "respond", status: kind === "grpc" ? 503 : 500 } as const;
  if (filters.unsupported.length > 0) return { action: failed, diagnostics: [] };
  if (filters.redirect !== undefined) {
    const { redirect, responseHeaders } = filters;
    return { action: { kind: "redirect", redirect, responseHeaders }, diagnostics: [] };
  }
  const { clusters: given, services, only, diagnostics } = resolveBackends(rule.backendRefs, found);
  if (given.length === 0) {
    return { action: failed, diagnostics: [...diagnostics, ...noBackend(rule, failed.status)] };
  }
  const slicesMax = Math.max(1, Math.floor(routesMax / Math.max(1, rule.matches.length)));
  const mirrors = mirrorsOf(filters.mirrors, found, slicesMax);
  const clusters = rule.hashSplit === undefined ? collapsed(given) : given;
  const action: ForwardPlan = {
    kind: "forward",
    clusters,
    moving: movingSplit(clusters, only),
    hashSplit: saltedSplit(rule, found),
    requestHeaders: filters.requestHeaders,
    responseHeaders: filters.responseHeaders,
    rewrite: filters.rewrite,
    mirrors: mirrors.mirrors,
    cors: filters.cors,
    ...settingsOf(rule, services),
  };
  return { action, diagnostics: [...diagnostics, ...mirrors.diagnostics] };
}

/**
 * A split of a service's own has the salt of its release, where the rule gives none. Of several services none
 * is taken: when the release of one begins, users of the other would change places in the middle of its own.
 */
function saltedSplit(
  { hashSplit, backendRefs }: RouteRule,
  found: FoundServices,
): HashSplit | undefined {
  if (hashSplit === undefined || hashSplit.salt !== "") return hashSplit;
  if (new Set(backendRefs.map(({ service }) => service)).size > 1) return hashSplit;
  const salts = backendRefs.map(({ service, subset, invalid }) =>
    subset === undefined && invalid === undefined ? (found.get(service)?.salt ?? "") : "",
  );
  const salt = salts.find((each) => each !== "");
  return salt === undefined ? hashSplit : { ...hashSplit, salt };
}

/** Why a rule can only fail, where no backend for itself is to blame. */
function noBackend({ backendRefs }: RouteRule, status: number): readonly BackendDiagnostic[] {
  const consequence = `every request of this rule is answered with ${status}`;
  if (backendRefs.length === 0) {
    const message = `has neither backendRefs nor a redirect: ${consequence}`;
    return [{ code: "BACKEND_NONE", path: "", message }];
  }
  if (backendRefs.some(({ weight }) => weight > 0)) return [];
  const message = `all weights are 0: ${consequence}`;
  return [{ code: "BACKEND_NONE", path: "backendRefs", message }];
}

type Settings = Pick<ForwardPlan, "affinity" | "timeoutMs" | "perTryMs" | "retry" | "rateLimit">;

/**
 * What the rule says, else its services: the longest of their timeouts, the first that speaks of
 * retries. Limits and affinity are one service's own, and hold where it is the only one.
 */
export function settingsOf(
  rule: Pick<RouteRule, "timeouts" | "retry" | "rateLimit">,
  services: readonly ServiceRouting[],
): Settings {
  const [first] = services;
  const only = services.every((service) => service === first) ? first : undefined;
  const retry = rule.retry ?? services.find((service) => service.retry !== undefined)?.retry;
  return {
    affinity: only?.affinity,
    timeoutMs: rule.timeouts.requestMs ?? longest(services),
    perTryMs: rule.retry?.perTryMs ?? rule.timeouts.backendRequestMs ?? retry?.perTryMs,
    retry,
    rateLimit: rule.rateLimit ?? only?.rateLimit,
  };
}

function longest(services: readonly ServiceRouting[]): number | undefined {
  const given = services.map(({ requestMs }) => requestMs).filter((each) => each !== undefined);
  if (given.length === 0) return undefined;
  return given.includes(0) ? 0 : Math.max(...given);
}
