/** What the analyses of a release say, of the step under way and in the background. */
import type { AnalysisMetric, Rollout } from "../../model/rollout.ts";
import type { RolloutStatus } from "../../model/rollout-status.ts";
import type { AnalysisFinding, DecideInput } from "./decision.ts";

/** Key of a background metric among the tallies of a status. */
export const backgroundKey = (metric: string): string => `background/${metric}`;

const isBackground = (key: string): boolean => key.startsWith(backgroundKey(""));

/** Of tallies or findings: those that outlive a step. */
export const ofBackground = <T>(byKey: ReadonlyMap<string, T>): ReadonlyMap<string, T> =>
  new Map([...byKey].filter(([key]) => isBackground(key)));

/** A finding with consequences. */
export interface Outcome {
  readonly metric: string;
  readonly verdict: AnalysisFinding["verdict"];
  readonly evidence: string;
}

/** Of all metrics that count now: those of the step, unless somebody has promoted it, and background. */
export function outcomesOf(input: DecideInput, status: RolloutStatus): readonly Outcome[] {
  const { steps, background } = input.rollout;
  const step = steps[status.step];
  const own = step?.kind === "analysis" && status.promoted === "no" ? step.metrics : [];
  const watched = status.step >= background.startingStep ? background.metrics : [];
  return [
    ...own.flatMap((metric) => outcomeOf(input, metric, metric.name)),
    ...watched.flatMap((metric) => outcomeOf(input, metric, backgroundKey(metric.name))),
  ];
}

function outcomeOf(
  { analysis }: DecideInput,
  { name, dryRun }: AnalysisMetric,
  key: string,
): readonly Outcome[] {
  const found = dryRun ? undefined : analysis.get(key);
  return found === undefined ? [] : [{ metric: name, ...found }];
}

/** Names of metrics that a step still waits for. */
export const unfinishedMetrics = (
  { analysis }: DecideInput,
  metrics: readonly AnalysisMetric[],
): readonly string[] =>
  metrics
    .filter(({ name, dryRun }) => !dryRun && analysis.get(name)?.verdict !== "successful")
    .map(({ name }) => name);

/** A metric that is measured now. */
export interface Watched {
  readonly key: string;
  readonly metric: AnalysisMetric;
  /** When its analysis began, wall clock. */
  readonly startedMs: number;
}

/** Of the step under way, once it is reached, and in the background. */
export function watchedBy(
  { specHash, steps, background }: Rollout,
  status: RolloutStatus,
): readonly Watched[] {
  const { step, reachedMs, promoted, backgroundSinceMs: since } = status;
  if (status.specHash !== specHash) return [];
  if (status.aborted !== undefined || status.phase === "Healthy") return [];
  const found = steps[step];
  const own = found?.kind === "analysis" && promoted === "no" ? found.metrics : [];
  return [
    ...own.flatMap((metric) =>
      reachedMs === undefined ? [] : { key: metric.name, metric, startedMs: reachedMs },
    ),
    ...background.metrics.flatMap((metric) =>
      since === undefined ? [] : { key: backgroundKey(metric.name), metric, startedMs: since },
    ),
  ];
}
