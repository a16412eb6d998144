/**
 * `analysistemplates/<name>`, and the analyses of a rollout: questions that are put again and again, in the
 * words of Argo Rollouts. https://argo-rollouts.readthedocs.io/en/stable/features/analysis/
 */
import { z } from "zod";
import { limits } from "../../config/limits.ts";
import { type Caution, cautioned } from "./cautions.ts";
import { conditionSchema, figureCautions, figureProblem } from "./condition.ts";
import {
  checkUnique,
  confined,
  durationWithin,
  full,
  integer,
  listOf,
  name,
  share,
} from "./leaves.ts";
import { interval, sampleShape } from "./measurement.ts";
import { isByProxies, providerSchema } from "./signal-provider.ts";

const compare = z
  .object({
    to: z.literal("stable").optional(),
    test: z.literal("sequential").optional(),
    confidence: sampleShape.confidence,
    maxDelta: share(1).optional().describe("Of the two error rates; default 0.01."),
  })
  .describe(
    "Whether the canary fails more often than the stable version, however often one looks.",
  );

const plainMetric = z.object({
  name,
  provider: confined(
    providerSchema.optional().describe("Default: the proxies' load reports."),
    "without provider the metric goes by the proxies' load reports",
  ),
  successCondition: confined(
    conditionSchema
      .optional()
      .describe(
        "Proven: the measurement is successful. Of a ratio below 1 % that takes 540 requests or more.",
      ),
    "without successCondition whatever is no failure is a success",
  ),
  failureCondition: confined(
    conditionSchema.optional().describe("Proven: the measurement has failed."),
    "without failureCondition whatever is no success is a failure",
  ),
  compare: compare.optional(),
  interval: interval.optional().describe("Between measurements; default 10s."),
  initialDelay: durationWithin("0s", "24h").optional().describe("Before the first; default 0s."),
  count: integer(1, 10_000)
    .optional()
    .describe(
      "Measurements that end it, needed in a step; default: it lasts as long as the release.",
    ),
  ...sampleShape,
  lookback: sampleShape.lookback.describe("Whose requests count; default 120s, of compare 10m."),
  failureLimit: integer(0, 10_000)
    .optional()
    .describe("More failed measurements than these fail the analysis; default 0."),
  inconclusiveLimit: integer(0, 10_000)
    .optional()
    .describe("More inconclusive ones than these pause the release; default 0."),
  consecutiveErrorLimit: integer(0, 10_000)
    .optional()
    .describe("More measurements in a row that could not be made than these fail it; default 4."),
  dryRun: z.boolean().optional().describe("Measured and told, without consequences."),
});

export type MetricValue = z.infer<typeof plainMetric>;

function checkJudge(value: MetricValue, context: z.RefinementCtx): void {
  const { provider, successCondition, failureCondition, compare: versions } = value;
  const refuse = (path: readonly string[], message: string) =>
    context.addIssue({ code: "custom", path: [...path], message, params: full });
  const hasCondition = successCondition !== undefined || failureCondition !== undefined;
  if (hasCondition === (versions !== undefined)) {
    refuse([], "expected successCondition, failureCondition or both, or else compare");
  }
  if (versions !== undefined && !isByProxies(provider)) {
    refuse(["compare"], "versions are compared by the proxies' load reports alone");
  }
  if (versions?.confidence !== undefined && value.confidence !== undefined) {
    refuse(["compare", "confidence"], "says the same as confidence: give one of them");
  }
  for (const field of ["successCondition", "failureCondition"] as const) {
    const message = figureProblem(value[field], provider);
    if (message !== undefined) refuse([field], message);
  }
}

const metric = plainMetric.superRefine(checkJudge);

export const metricsSchema = listOf(metric, limits.decode.metrics, "metrics").superRefine(
  (list, context) => {
    const names = list.map((each) => each.name);
    checkUnique(names, "name", "names a metric twice", context);
  },
);

const templates = listOf(
  z.object({ templateName: name.describe("Name under analysistemplates/.") }),
  limits.decode.analysisTemplates,
  "templates",
).superRefine((list, context) => {
  const names = list.map(({ templateName }) => templateName);
  checkUnique(names, "templateName", "names a template twice", context);
});

export const analysisShape = {
  templates: templates.optional(),
  metrics: metricsSchema
    .optional()
    .describe("As those of `analysistemplates/<name>`; not in Argo Rollouts."),
};

interface AnalysisLists {
  readonly templates?: readonly unknown[] | undefined;
  readonly metrics?: readonly unknown[] | undefined;
}

/** Nothing to measure would be a success at once. */
export function checkAnalysis(
  { templates: named = [], metrics = [] }: AnalysisLists,
  context: z.RefinementCtx,
): void {
  if (named.length + metrics.length > 0) return;
  const message = "expected templates, metrics or both";
  context.addIssue({ code: "custom", message, params: full });
}

export const metricCautions = (
  metrics: readonly MetricValue[] | undefined,
  at: readonly PropertyKey[],
): readonly Caution[] =>
  (metrics ?? []).flatMap(({ successCondition, failureCondition, provider }, index) => [
    ...figureCautions(successCondition, provider, [...at, index, "successCondition"]),
    ...figureCautions(failureCondition, provider, [...at, index, "failureCondition"]),
  ]);

export const analysisTemplateSchema = cautioned(
  z
    .object({ metrics: metricsSchema.min(1, { error: "at least one metric" }) })
    .describe("Metrics that steps and analyses of rollouts name."),
  ({ metrics }) => metricCautions(metrics, ["metrics"]),
);

export type AnalysisTemplateValue = z.infer<typeof analysisTemplateSchema>;
