/** What the routes of lanes are made from: one match of a rule that forwards requests. */
import type { Lane } from "../../model/lane.ts";
import type { RouteMatch } from "../../model/route.ts";
import type { ForwardPlan, RoutePlan } from "../route/plan.ts";
import { plansFor } from "../route/plan-rule.ts";

export interface Base extends RoutePlan {
  /** Without what a split by hash asks for besides. */
  readonly match: RouteMatch;
  readonly action: ForwardPlan;
}

/** `<route>/<rule>/<match>/~<lane>`. */
export const laneName = ({ name }: RoutePlan, { name: lane }: Lane): string =>
  name === "" ? `~${lane}` : `${name}/~${lane}`;

/** With one cluster nothing is split, and the hash chooses the instance alone, as it can. */
export const forwardPlans = (
  name: string,
  match: RouteMatch,
  action: ForwardPlan,
): readonly RoutePlan[] =>
  action.clusters.length === 1 ? [{ name, match, action }] : plansFor(name, match, action);
