/**
 * `rollouts/<service>`: a progressive release. Steps and analyses are Argo Rollouts', webhooks and alerts
 * Flagger's, windows Argo CD's, presets CodeDeploy's. Flagger's stepWeight and maxWeight are not taken: a
 * preset says the same in one word, and there they hang on an interval and a threshold that steps do not have.
 */
import { z } from "zod";
import { limits } from "../../config/limits.ts";
import { presetSteps } from "../../model/preset.ts";
import { rolloutAlertsSchema } from "./alert.ts";
import { analysisShape, checkAnalysis, metricCautions } from "./analysis.ts";
import { type Caution, cautioned, replaced } from "./cautions.ts";
import { guardCautions, guardsSchema } from "./guard.ts";
import { confined, full, integer, name } from "./leaves.ts";
import { webhooksSchema, windowsSchema } from "./rollout-schedule.ts";
import { type StepValue, stepsSchema } from "./rollout-step.ts";
import { checkRegexes } from "./route-regexes.ts";
import { stepRegexes } from "./step-regexes.ts";

const background = z
  .object({
    ...analysisShape,
    startingStep: integer(0, 1_000)
      .optional()
      .describe("The first step that it watches, counted from 0; default 0."),
  })
  .superRefine(checkAnalysis);

const canary = z.object({
  stableSubset: name.describe("What has the traffic before."),
  canarySubset: name.describe("What gets it."),
  maxTrafficWeight: confined(
    integer(1, 1_000_000).optional().describe("The setWeight that is all traffic; default 100."),
    "without maxTrafficWeight weights are per cent",
  ),
  steps: stepsSchema
    .optional()
    .describe("Behind the last one the release is at 100 %, whether a step says so or not."),
  analysis: confined(
    background
      .optional()
      .describe("Goes on beside the steps; where it fails, the release is aborted."),
    "without analysis the release is not watched",
  ),
});

type CanaryValue = z.infer<typeof canary>;

const presetError =
  'steps in one word, such as "Canary10Percent5Minutes", "Linear10PercentEvery1Minute" or "AllAtOnce"';

const preset = z
  .string({ error: presetError })
  .refine((value) => presetSteps(value) !== undefined, { error: presetError });

const plainRollout = z.object({
  strategy: z.object({ canary }),
  preset: preset
    .optional()
    .describe("In place of steps, as CodeDeploy calls them: `Canary10Percent5Minutes`."),
  guard: confined(
    guardsSchema
      .optional()
      .describe("As those of `services/<name>`, for the canary of this release."),
    "without guard the canary is not watched",
  ),
  paused: confined(
    z.boolean().optional().describe("Holds the release where it is."),
    "without paused the release goes on",
  ),
  progressDeadlineSeconds: integer(1, 604_800)
    .optional()
    .describe("What a step may take beside what it waits for on purpose; default 600."),
  progressDeadlineAbort: confined(
    z
      .boolean()
      .optional()
      .describe("Whether a release that is too late is aborted; default false."),
    "without progressDeadlineAbort a late release is only told of",
  ),
  webhooks: confined(
    webhooksSchema.optional().describe("Gates: who is asked before it goes on."),
    "without webhooks nobody is asked",
  ),
  alerts: confined(
    rolloutAlertsSchema.optional().describe("Who is told."),
    "without alerts nobody is told",
  ),
  windows: confined(windowsSchema.optional(), "without windows it may go on at any time"),
});

type RolloutFields = z.infer<typeof plainRollout>;

type Refuse = (path: readonly PropertyKey[], message: string) => void;

function checkRollout(value: RolloutFields, context: z.RefinementCtx): void {
  const at = ["strategy", "canary"];
  const { canary: own } = value.strategy;
  const refuse: Refuse = (path, message) =>
    context.addIssue({ code: "custom", path: [...path], message, params: full });
  if (own.canarySubset === own.stableSubset) {
    refuse(
      [...at, "canarySubset"],
      "is the stable subset as well: there would be nothing to release",
    );
  }
  checkPlan(value, refuse);
  checkWeights(own, context);
  checkManaged(own.steps ?? [], refuse);
  checkRegexes(stepRegexes(own.steps ?? []), context, "rollout");
  for (const [index, { subset }] of (value.guard ?? []).entries()) {
    if (subset === undefined || subset === own.canarySubset) continue;
    refuse(
      ["guard", index, "subset"],
      "the guard of a release is for its canary: leave the subset out",
    );
  }
}

function checkPlan(value: RolloutFields, refuse: Refuse): void {
  const { steps, analysis } = value.strategy.canary;
  if ((steps === undefined) === (value.preset === undefined)) {
    const path = steps === undefined ? ["strategy", "canary", "steps"] : ["preset"];
    refuse(path, "expected either steps or a preset");
    return;
  }
  const count = steps?.length ?? presetSteps(value.preset ?? "")?.length ?? 0;
  if (count === 0 || (analysis?.startingStep ?? 0) < count) return;
  const path = ["strategy", "canary", "analysis", "startingStep"];
  refuse(path, `there are ${count} steps, counted from 0: the analysis would never begin`);
}

const allTraffic = 100;

/** Weights are parts of 10,000, as they are for proxies: what is finer cannot be carried out. */
export const percentOf = (weight: number, most: number = allTraffic): number =>
  Math.round((weight * 10_000) / most) / 100;

function checkWeights(
  { steps = [], maxTrafficWeight: most = allTraffic }: CanaryValue,
  context: z.RefinementCtx,
): void {
  const message =
    most === allTraffic
      ? "a percentage from 0 to 100 with at most two decimals"
      : `a weight from 0 to ${most}, which is maxTrafficWeight, in steps of a hundredth of a per cent`;
  // What is wrong with it is told already.
  if (most <= 0) return;
  for (const [index, { setWeight }] of steps.entries()) {
    if (setWeight === undefined || isWeight(setWeight, most)) continue;
    const path = ["strategy", "canary", "steps", index, "setWeight"];
    context.addIssue({ code: "custom", path, message });
  }
}

/** What is left after rounding is of the division. */
const isWeight = (weight: number, most: number): boolean =>
  weight <= most && Math.abs((weight * 10_000) / most - percentOf(weight, most) * 100) < 1e-6;

/** Each match is a route of Envoy for every match of every rule that leads to the service. */
function checkManaged(steps: readonly StepValue[], refuse: Refuse): void {
  const most = limits.decode.managedRoutes;
  const inForce = new Map<string, number>();
  for (const [index, { setHeaderRoute, setMirrorRoute }] of steps.entries()) {
    const route = setHeaderRoute ?? setMirrorRoute;
    if (route === undefined) continue;
    inForce.set(route.name, route.match?.length ?? 0);
    const matches = [...inForce.values()].reduce((sum, count) => sum + count, 0);
    if (matches <= most) continue;
    const path = ["strategy", "canary", "steps", index];
    refuse(
      path,
      `with it the release has ${matches} matches of its routes in force, and ${most} fit`,
    );
    return;
  }
}

function rolloutCautions({ strategy, guard }: RolloutFields): readonly Caution[] {
  const at = ["strategy", "canary"];
  const { steps = [], analysis } = strategy.canary;
  return [
    ...backwardCautions(steps, [...at, "steps"]),
    ...steps.flatMap((step, index) =>
      metricCautions(step.analysis?.metrics, [...at, "steps", index, "analysis", "metrics"]),
    ),
    ...metricCautions(analysis?.metrics, [...at, "analysis", "metrics"]),
    ...guardCautions(guard, ["guard"]),
  ];
}

function backwardCautions(
  steps: readonly StepValue[],
  at: readonly PropertyKey[],
): readonly Caution[] {
  const cautions: Caution[] = [];
  let before = 0;
  for (const [index, { setWeight }] of steps.entries()) {
    if (setWeight === undefined) continue;
    if (setWeight < before) {
      const message = `goes back from ${before}: users who have seen the canary lose it`;
      cautions.push(replaced([...at, index, "setWeight"], message));
    }
    before = setWeight;
  }
  return cautions;
}

export const rolloutSchema = cautioned(
  plainRollout.superRefine(checkRollout).describe("A progressive release of a service."),
  rolloutCautions,
);

export type RolloutValue = RolloutFields;
export type AnalysisValue = NonNullable<StepValue["analysis"]>;
