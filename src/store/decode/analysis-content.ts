/** Checked metrics and analysis templates → the model, with the defaults filled in. */
import { limits } from "../../config/limits.ts";
import type { AnalysisMetric } from "../../model/rollout.ts";
import type { AnalysisTemplateValue, MetricValue } from "../schema/analysis.ts";
import type { Content, KeyOf } from "./content.ts";
import { defaultSample, toCondition, toProvider } from "./guard-content.ts";
import { optionalMs } from "./traffic-content.ts";

export const toAnalysisTemplate = (
  { metrics }: AnalysisTemplateValue,
  { template }: KeyOf<"analysistemplates">,
): Content => ({
  kind: "analysisTemplate",
  template: { name: template, metrics: toMetrics(metrics) },
});

export const toMetrics = (metrics: readonly MetricValue[] | undefined): readonly AnalysisMetric[] =>
  (metrics ?? []).map(toMetric);

/** Limits and delays are by default what they are in Argo Rollouts. */
const toMetric = (value: MetricValue): AnalysisMetric => ({
  name: value.name,
  provider: toProvider(value.provider),
  intervalMs: optionalMs(value.interval) ?? 10_000,
  initialDelayMs: optionalMs(value.initialDelay) ?? 0,
  count: value.count,
  lookbackMs: optionalMs(value.lookback) ?? defaultLookbackMs(value),
  minRequests: value.minRequests ?? defaultSample.minRequests,
  confidence: value.confidence ?? value.compare?.confidence ?? defaultSample.confidence,
  judge: toJudge(value),
  failureLimit: value.failureLimit ?? 0,
  inconclusiveLimit: value.inconclusiveLimit ?? 0,
  consecutiveErrorLimit: value.consecutiveErrorLimit ?? 4,
  dryRun: value.dryRun ?? false,
});

/** That two rates are alike takes some thousand requests. */
const defaultLookbackMs = ({ compare }: MetricValue): number =>
  compare === undefined ? defaultSample.lookbackMs : limits.load.lookbackMs;

function toJudge({
  compare,
  successCondition,
  failureCondition,
}: MetricValue): AnalysisMetric["judge"] {
  if (compare !== undefined) return { kind: "compare", maxDelta: compare.maxDelta ?? 0.01 };
  const condition = (text: string | undefined) => (text === undefined ? text : toCondition(text));
  return {
    kind: "conditions",
    success: condition(successCondition),
    failure: condition(failureCondition),
  };
}
