/**
 * What `setHeaderRoute` and `setMirrorRoute` mean, as plain values: routes that a release has beside the
 * weights, while it is under way. They are no objects in the store: rollout and status tell them.
 * https://argo-rollouts.readthedocs.io/en/stable/features/traffic-management/#managing-routes
 */
import type { SubsetName } from "./names.ts";
import type { ManagedMatch, Rollout } from "./rollout.ts";
import type { RolloutStatus } from "./rollout-status.ts";

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

/** How far a release is, as far as proxies can tell. */
export interface ReleasePosition {
  readonly specHash: string;
  /** The last step whose writes are made; undefined: none, or the release is over. */
  readonly step: number | undefined;
}

export function positionOf(status: RolloutStatus): ReleasePosition {
  const { specHash, aborted, phase, writtenStep } = status;
  const isOver = aborted !== undefined || phase === "Healthy";
  return { specHash, step: isOver ? undefined : writtenStep };
}

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

/** In force. A position of another release, or of the rollout as it was, says nothing of this one. */
export const managedRoutesOf = (
  rollout: Rollout | undefined,
  position: ReleasePosition | undefined,
): readonly ManagedRoute[] =>
  rollout === undefined || position?.step === undefined || position.specHash !== rollout.specHash
    ? []
    : managedRoutesAt(rollout, position.step);
