/** How a release stands, as JSON, for the API and the command line alike. */
import { managedRoutesOf, positionOf } from "../model/managed-routes.ts";
import type { Rollout } from "../model/rollout.ts";
import type { RolloutPhase, RolloutStatus, WaitReason } from "../model/rollout-status.ts";
import type { SubsetWeight } from "../model/service.ts";
import { stepName } from "../rollout/release/plan.ts";

export interface ReleaseJson {
  readonly stable: string;
  readonly canary: string;
  /** `Pending`: it has not begun, or its object was changed, and it begins anew. */
  readonly phase: RolloutPhase | "Pending";
  /** Counted from 1; the number of steps and one at the promotion. */
  readonly step: number;
  readonly steps: number;
  readonly stepName: string;
  /** In force; only the ratio counts. */
  readonly weights: Readonly<Record<string, number>>;
  /** null: for nothing, or it has ended. */
  readonly waitsFor: WaitReason | null;
  readonly message: string;
  /** What is behind the message just now; null: nothing more is known here. */
  readonly detail: string | null;
  readonly held: boolean;
  /** That the release has beside the weights; the first that matches a request wins. */
  readonly routes: readonly ManagedRouteJson[];
  readonly aborted: { readonly at: string; readonly by: string; readonly reason: string } | null;
}

export interface ManagedRouteJson {
  readonly kind: "header" | "mirror";
  readonly name: string;
  /** Of the requests that match, how many are copied; null: they are not copied, but go there. */
  readonly percent: number | null;
}

export interface CommandedJson {
  readonly service: string;
  /** Store revision: what `/v1/wait` takes. */
  readonly revision: number;
  readonly message: string;
  /** Versions that guards had taken out, and that may have traffic again. */
  readonly subsets: readonly string[];
}

export function releaseJson(
  rollout: Rollout,
  found: RolloutStatus | undefined,
  weights: readonly SubsetWeight[],
  detail: string | undefined,
): ReleaseJson {
  const { stable, canary, steps } = rollout;
  const status = found?.specHash === rollout.specHash ? found : undefined;
  const step = status?.step ?? 0;
  const { aborted } = status ?? {};
  const message = status?.message ?? "the release has not begun";
  return {
    stable,
    canary,
    phase: status?.phase ?? "Pending",
    step: step + 1,
    steps: steps.length,
    stepName: stepName(rollout, step),
    weights: Object.fromEntries(weights.map(({ subset, weight }) => [subset, weight])),
    waitsFor: status?.waits?.for ?? null,
    message,
    detail: detail === undefined || detail === message ? null : detail,
    held: status?.held ?? false,
    routes: managedRoutesOf(rollout, status && positionOf(status)).map((route) => ({
      kind: route.kind,
      name: route.name,
      percent: route.kind === "mirror" ? route.percent : null,
    })),
    aborted:
      aborted === undefined
        ? null
        : {
            at: new Date(aborted.atMs).toISOString(),
            by: aborted.by,
            reason: aborted.reason,
          },
  };
}
