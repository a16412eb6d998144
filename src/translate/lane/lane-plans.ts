/**
 * Lanes as routes: before the routes of a match stand those for requests that are in a lane, and at
 * an edge those that bring requests into one.
 */
import { baggagePattern } from "../../lib/baggage.ts";
import type { Lane } from "../../model/lane.ts";
import type { NamedMatch } from "../../model/route.ts";
import type { FoundServices } from "../route/backends.ts";
import type { PlannedCluster, RoutePlan } from "../route/plan.ts";
import type { Edge } from "./edge.ts";
import { entryPlans } from "./entry-plans.ts";
import { type Base, forwardPlans, laneName } from "./lane-base.ts";
import { laneClusters } from "./lane-clusters.ts";

/**
 * `plans`: those of one match; the first one has its action, and the last one its bare match.
 * `lanes`: those that its services may be in, in order.
 */
export function withLanes(
  plans: readonly RoutePlan[],
  lanes: readonly Lane[],
  edge: Edge,
  found: FoundServices,
): readonly RoutePlan[] {
  const [first] = plans;
  const bare = plans.at(-1);
  const known = withThose(lanes, edge.lanes);
  if (known.length === 0 || first?.action.kind !== "forward" || bare === undefined) return plans;
  const base: Base = { name: first.name, match: bare.match, action: first.action };
  // At an edge, who is in a lane already is kept from being taken into another one.
  const isEdge = edge.lanes.length > 0;
  const plansOf = (conditionOf: (lane: Lane) => NamedMatch | undefined, suffix: string) =>
    known.flatMap((lane) => {
      const condition = conditionOf(lane);
      if (condition === undefined || edge.stripped.includes(condition.name)) return [];
      const clusters = laneClusters(base.action.clusters, lane, found);
      if (clusters === undefined && !isEdge) return [];
      const name = `${laneName(base, lane)}${suffix}`;
      return inLane({ ...base, name }, condition, clusters ?? base.action.clusters);
    });
  return [
    ...plansOf(byHeader, ""),
    // Entries overwrite the header and only add to the baggage: where they disagree, it counts.
    ...plansOf(byBaggage, "/baggage"),
    ...entryPlans(base, edge.order, found),
    ...plans,
  ];
}

/** Entries also lead to lanes of which only hops further on have instances. */
function withThose(lanes: readonly Lane[], entered: readonly Lane[]): readonly Lane[] {
  if (entered.length === 0) return lanes;
  const names = new Set(lanes.map(({ name }) => name));
  return [...lanes, ...entered.filter(({ name }) => !names.has(name))];
}

/** For requests that are in a lane already. */
function inLane(
  { name, match, action }: Base,
  condition: NamedMatch,
  clusters: readonly PlannedCluster[],
): readonly RoutePlan[] {
  const headers = [...match.headers, condition];
  return forwardPlans(name, { ...match, headers }, { ...action, clusters });
}

const byHeader = ({ header, value }: Lane): NamedMatch => ({
  name: header,
  kind: "exact",
  value,
});

const byBaggage = ({ baggage, value }: Lane): NamedMatch | undefined =>
  baggage === undefined
    ? undefined
    : { name: "baggage", kind: "regex", value: baggagePattern(baggage, value) };
