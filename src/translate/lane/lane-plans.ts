/**
 * Lanes as routes: before the routes of a match stand those for requests that are in a lane, and at
 * an edge those that bring requests into one.
 */
import type { Lane, LaneEntry, LaneMatch } from "../../model/lane.ts";
import type { NamedMatch, RouteMatch } from "../../model/route.ts";
import type { HeaderModifier, HeaderValue } from "../../model/traffic.ts";
import type { FoundServices } from "../route/backends.ts";
import { normalised } from "../route/backends.ts";
import type { ForwardPlan, PlannedCluster, RoutePlan } from "../route/plan.ts";
import { identified } from "../route/plan-rule.ts";
import { denominator } from "../split/apportion.ts";
import { baggagePattern } from "./baggage.ts";
import { laneClusters } from "./lane-clusters.ts";

/** An entry with the lane it leads to. */
export interface EdgeEntry {
  readonly lane: Lane;
  readonly entry: LaneEntry;
}

/**
 * `plans`: those of one match; the last one has the bare match. `entries`: those of the gateway.
 */
export function withLanes(
  plans: readonly RoutePlan[],
  lanes: readonly Lane[],
  entries: readonly EdgeEntry[],
  found: FoundServices,
): readonly RoutePlan[] {
  const [first] = plans;
  const bare = plans.at(-1);
  if (lanes.length === 0 || first?.action.kind !== "forward" || bare === undefined) return plans;
  const base = { ...bare, action: first.action };
  return [
    ...lanes.flatMap((lane) => inLane(base, lane, found)),
    ...entries.flatMap((entry) => intoLane(base, entry, found)),
    ...plans,
  ];
}

interface Base extends RoutePlan {
  readonly action: ForwardPlan;
}

/** For requests that are in the lane already; none where that makes no difference. */
function inLane(base: Base, lane: Lane, found: FoundServices): readonly RoutePlan[] {
  const clusters = laneClusters(base.action.clusters, lane, found);
  if (clusters === undefined) return [];
  const action = withClusters(base.action, clusters);
  const name = laneName(base, lane);
  return conditionsOf(lane).map((condition, i) => ({
    name: i === 0 ? name : `${name}/baggage`,
    match: withHeaders(base.match, [condition]),
    action,
  }));
}

const laneName = ({ name }: RoutePlan, { name: lane }: Lane): string =>
  name === "" ? `~${lane}` : `${name}/~${lane}`;

/** Any of them says that a request is in the lane. */
function conditionsOf({ header, value, baggage }: Lane): readonly NamedMatch[] {
  const byHeader: NamedMatch = { name: header, kind: "exact", value };
  if (baggage === undefined) return [byHeader];
  const member = baggagePattern(baggage, value);
  return [byHeader, { name: "baggage", kind: "regex", value: member }];
}

/** With one cluster there is nothing to split by hash. */
const withClusters = (action: ForwardPlan, clusters: readonly PlannedCluster[]): ForwardPlan => ({
  ...action,
  clusters,
  hashSplit: clusters.length > 1 ? action.hashSplit : undefined,
});

function intoLane(
  base: Base,
  { lane, entry }: EdgeEntry,
  found: FoundServices,
): readonly RoutePlan[] {
  if (entry.share === 0) return [];
  const clusters = laneClusters(base.action.clusters, lane, found) ?? base.action.clusters;
  const mark = marking(lane);
  const action =
    entry.share === denominator
      ? {
          ...withClusters(base.action, clusters),
          requestHeaders: merged(base.action.requestHeaders, mark),
        }
      : partly(base.action, clusters, entry, mark);
  const split = action.hashSplit;
  const matches = entry.matches.length === 0 ? [noCondition] : entry.matches;
  return matches.map((match, i) => {
    const joined = joinedMatch(base.match, match);
    return {
      name: `${laneName(base, lane)}/entry-${lane.entries.indexOf(entry)}-${i}`,
      // Who cannot be told apart goes on to the routes behind.
      match: split === undefined ? joined : identified(joined, split),
      action,
    };
  });
}

/** The lane's share comes last, so that who is in it stays in it while it grows. */
function partly(
  action: ForwardPlan,
  clusters: readonly PlannedCluster[],
  { share, hashSplit }: LaneEntry,
  mark: HeaderModifier,
): ForwardPlan {
  const marked = clusters.map((cluster) => ({
    ...cluster,
    weight: cluster.weight * share,
    requestHeaders: merged(cluster.requestHeaders, mark),
  }));
  const rest = action.clusters.map((cluster) => ({
    ...cluster,
    weight: cluster.weight * (denominator - share),
  }));
  return {
    ...action,
    clusters: normalised([...rest, ...marked]),
    hashSplit: hashSplit ?? action.hashSplit,
  };
}

/** What says to the next hops that the request is in the lane. */
function marking({ header, value, baggage }: Lane): HeaderModifier {
  const member: readonly HeaderValue[] =
    baggage === undefined ? [] : [{ name: "baggage", value: `${baggage}=${value}` }];
  return { set: [{ name: header, value }], add: member, remove: [] };
}

function merged(before: HeaderModifier | undefined, mark: HeaderModifier): HeaderModifier {
  if (before === undefined) return mark;
  return {
    set: [...before.set, ...mark.set],
    add: [...before.add, ...mark.add],
    remove: before.remove,
  };
}

const noCondition: LaneMatch = { headers: [], cookies: [], queryParams: [] };

const withHeaders = (match: RouteMatch, headers: readonly NamedMatch[]): RouteMatch => ({
  ...match,
  headers: [...match.headers, ...headers],
});

const joinedMatch = (match: RouteMatch, also: LaneMatch): RouteMatch => ({
  ...match,
  headers: [...match.headers, ...also.headers],
  cookies: [...match.cookies, ...also.cookies],
  queryParams: [...match.queryParams, ...also.queryParams],
});
