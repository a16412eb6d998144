/** Which plans are sticky for gRPC clients, and what their clusters are called. */
import { managedNamesIn } from "../../lib/managed-route-name.ts";
import type { HttpRoute } from "../../model/route.ts";
import type { HashSplit } from "../../model/traffic.ts";
import { stickyClusterName } from "../names.ts";
import type { ForwardPlan, PlannedAction, PlannedCluster, RoutePlan } from "../route/plan.ts";
import type { TranslatedRoute } from "../route/route.ts";
import { grpcPlans } from "./grpc-plans.ts";

export interface StickySplit {
  /** Of the cluster. */
  readonly name: string;
  readonly clusters: readonly PlannedCluster[];
}

/** One cluster is no split: what is left for the hash is to choose the instance. */
export const isSticky = (
  action: PlannedAction,
): action is ForwardPlan & { readonly hashSplit: HashSplit } =>
  action.kind === "forward" && action.hashSplit?.grpc === true && action.clusters.length > 1;

/**
 * The matches of a rule share one, and so do those of a lane or a release, which have other splits:
 * `<route>/<rule>/sticky`, with `/~<lane>` or `/rollout:<service>:<route>` after it.
 */
export function stickyName(route: Pick<HttpRoute, "kind" | "name">, plan: RoutePlan): string {
  const [, rule, , ...parts] = plan.name.split("/");
  const others = parts.filter((part) => part.startsWith("~") || managedNamesIn(part).length > 0);
  return [stickyClusterName(route.kind, route.name, Number(rule)), ...others].join("/");
}

const known = new WeakMap<TranslatedRoute, readonly StickySplit[]>();

/** The same objects for the same route. */
export function stickySplits(translated: TranslatedRoute): readonly StickySplit[] {
  const before = known.get(translated);
  if (before !== undefined) return before;
  const splits = new Map<string, StickySplit>();
  for (const match of translated.matches) {
    for (const plan of grpcPlans(match)) {
      if (!isSticky(plan.action)) continue;
      const name = stickyName(translated.route, plan);
      splits.set(name, { name, clusters: plan.action.clusters });
    }
  }
  const made = [...splits.values()];
  known.set(translated, made);
  return made;
}
