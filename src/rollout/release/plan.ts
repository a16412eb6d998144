/**
 * The steps of a release as a plan: what each asks for, and how it is called. Behind the last step comes
 * the promotion, which gives the canary all traffic, wherever the steps have ended.
 */
import type { Rollout, RolloutStep } from "../../model/rollout.ts";
import { percentText } from "./shares.ts";
import { durationText } from "./words.ts";

export const isPromotion = ({ steps }: Rollout, step: number): boolean => step >= steps.length;

/** Of the canary, once the step is written: that of the last `setWeight` so far. */
export function plannedPercent({ steps }: Rollout, step: number): number {
  if (step >= steps.length) return 100;
  for (const each of steps.slice(0, step + 1).reverse()) {
    if (each.kind === "setWeight") return each.percent;
  }
  return 0;
}

/**
 * Whether the step is reached by a write. The first one always is: until then the weights are what they
 * were before the release.
 */
export function isWritten(rollout: Rollout, step: number): boolean {
  const kind = rollout.steps[step]?.kind;
  return step === 0 || (kind !== "pause" && kind !== "analysis");
}

/** `step 2 of 5 (v2 at 20 %)` */
export function stepName(rollout: Rollout, step: number): string {
  const found = rollout.steps[step];
  if (found === undefined) return `the promotion of ${rollout.canary}`;
  return `step ${step + 1} of ${rollout.steps.length} (${describe(found, rollout)})`;
}

function describe(step: RolloutStep, { canary }: Rollout): string {
  switch (step.kind) {
    case "setWeight":
      return `${canary} at ${percentText(step.percent)}`;
    case "pause":
      return step.durationMs === undefined
        ? "a pause"
        : `a pause of ${durationText(step.durationMs)}`;
    case "setHeaderRoute":
      return `header route ${step.name}`;
    case "setMirrorRoute":
      return `mirror route ${step.name}`;
    case "analysis":
      return "an analysis";
  }
}

/** How long the step takes by its own plan, beside pauses: measurements that are yet to be made. */
export function plannedLengthMs(rollout: Rollout, step: number): number {
  const found = rollout.steps[step];
  if (found?.kind !== "analysis") return 0;
  const lengths = found.metrics.map(
    ({ initialDelayMs, intervalMs, count = 1 }) => initialDelayMs + intervalMs * count,
  );
  return Math.max(0, ...lengths);
}
