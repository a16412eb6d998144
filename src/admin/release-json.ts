/** How a release stands, as JSON, for the API and the command line alike. */
import type { ReleaseJson } from "../api/rollouts.ts";
import { managedRoutesOf, positionOf } from "../model/managed-routes.ts";
import type { Rollout, RolloutStep } from "../model/rollout.ts";
import type { RolloutStatus } from "../model/rollout-status.ts";
import type { SubsetWeight } from "../model/service.ts";
import { stepName } from "../rollout/release/plan.ts";

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
    timed: status?.waits?.for === "CanaryPauseStep" && isTimed(steps[step]),
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

const isTimed = (step: RolloutStep | undefined): boolean =>
  step?.kind === "pause" && step.durationMs !== undefined;
