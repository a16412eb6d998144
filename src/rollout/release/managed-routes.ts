/**
 * What `setHeaderRoute` and `setMirrorRoute` mean, as plain values: routes that a release has beside the
 * weights, while it is under way. They are no objects in the store: rollout and status tell them.
 * https://argo-rollouts.readthedocs.io/en/stable/features/traffic-management/#managing-routes
 */
import type { SubsetName } from "../../model/names.ts";
import type { ManagedMatch, Rollout } from "../../model/rollout.ts";
import type { RolloutStatus } from "../../model/rollout-status.ts";

export type ManagedRoute =
  /** Requests that match go to the subset, whatever the weights are. */
  | {
      readonly kind: "header";
      readonly name: string;
      readonly match: readonly ManagedMatch[];
      readonly to: SubsetName;
    }
  /** So many per cent of the requests that match are copied to the subset, whose answers are dropped. */
  | {
      readonly kind: "mirror";
      readonly name: string;
      readonly match: readonly ManagedMatch[];
      readonly percent: number;
      readonly to: SubsetName;
    };

/**
 * Once the writes of `step` are made. Earlier ones go first, and a route that is set again keeps its
 * place. The promotion has none: the stable version is the canary then.
 */
export function managedRoutesAt(rollout: Rollout, step: number): readonly ManagedRoute[] {
  if (step >= rollout.steps.length) return [];
  const routes = new Map<string, ManagedRoute>();
  for (const each of rollout.steps.slice(0, step + 1)) {
    if (each.kind !== "setHeaderRoute" && each.kind !== "setMirrorRoute") continue;
    const { name, match } = each;
    const to = rollout.canary;
    if (match.length === 0) routes.delete(name);
    else if (each.kind === "setHeaderRoute") routes.set(name, { kind: "header", name, match, to });
    else routes.set(name, { kind: "mirror", name, match, percent: each.percent, to });
  }
  return [...routes.values()];
}

/** In force now. */
export function managedRoutesOf(
  rollout: Rollout,
  status: RolloutStatus | undefined,
): readonly ManagedRoute[] {
  if (status === undefined || status.specHash !== rollout.specHash) return [];
  if (status.aborted !== undefined || status.phase === "Healthy") return [];
  const written = status.writtenRevision === undefined ? status.step - 1 : status.step;
  return written < 0 ? [] : managedRoutesAt(rollout, written);
}
