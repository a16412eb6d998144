/**
 * `guard` of a service and of a rollout: rules that take the weight from a version that fails. Every field
 * has a default, so that `guard: [{}]` is a whole one. A misspelt field that would leave a version
 * less watched is an error.
 */
import { z } from "zod";
import { limits } from "../../config/limits.ts";
import { guardAlertsSchema } from "./alert.ts";
import type { Caution } from "./cautions.ts";
import { conditionSchema, figureCautions, figureProblem } from "./condition.ts";
import { checkUnique, confined, full, integer, listOf, name } from "./leaves.ts";
import { interval, percent, sampleShape } from "./measurement.ts";
import { isByProxies, providerSchema } from "./signal-provider.ts";

export const defaultGuardName = "http-5xx";

const ratioError = "a number above 0, to 1";

const hardTrip = z.object({
  minRequests: integer(1, 1_000_000).optional().describe("Default 10."),
  ratio: z
    .number({ error: ratioError })
    .gt(0, { error: ratioError })
    .max(1, { error: ratioError })
    .optional()
    .describe("Default 0.5."),
});

const onFailure = z
  .object({
    setWeight: percent.optional().describe("In per cent of the service's traffic; default 0."),
    latch: z
      .boolean()
      .optional()
      .describe(
        "Whether the version gets nothing until `retry`, whoever writes a weight; default true where setWeight is 0.",
      ),
    alerts: confined(
      guardAlertsSchema.optional().describe("Who is told."),
      "without alerts nobody is told",
    ),
  })
  .superRefine(({ setWeight = 0, latch }, context) => {
    if (latch !== true || setWeight === 0) return;
    const message = "a version that is latched gets no traffic, so setWeight must be 0";
    context.addIssue({ code: "custom", path: ["latch"], message, params: full });
  });

const guard = z
  .object({
    name: name.optional().describe(`Default "${defaultGuardName}".`),
    subset: confined(
      name
        .optional()
        .describe("Default: every subset but the stable one; of a rollout, its canary."),
      "without subset the guard is about every subset but the stable one",
    ),
    provider: confined(
      providerSchema.optional().describe("Default: the proxies' load reports."),
      "without provider the guard goes by the proxies' load reports",
    ),
    failureCondition: confined(
      conditionSchema.optional().describe('Default "result.ratio5xx > 0.05".'),
      "without failureCondition the guard goes by 5 % of 5xx",
    ),
    interval: interval.optional().describe("Between looks; default 4s."),
    ...sampleShape,
    hardTrip: z
      .union([z.literal(false), hardTrip], { error: "false or an object" })
      .optional()
      .describe("Trips at so many requests with such a share of failures, sure or not."),
    failureLimit: integer(0, 100)
      .optional()
      .describe("Looks in a row that may fail; default 0: the first one trips."),
    onFailure: confined(
      onFailure.optional(),
      "without onFailure the weight becomes 0 and nobody is told",
    ),
  })
  .superRefine(({ provider, failureCondition }, context) => {
    const isOther = !isByProxies(provider);
    const message =
      failureCondition === undefined && isOther
        ? "this provider needs a condition on its figure, such as result > 0.05"
        : figureProblem(failureCondition, provider);
    if (message === undefined) return;
    context.addIssue({ code: "custom", path: ["failureCondition"], message, params: full });
  });

export const guardsSchema = listOf(guard, limits.decode.guards, "guards").superRefine(
  (list, context) => {
    const names = list.map((each) => each.name ?? defaultGuardName);
    const message = `names a guard twice; one without a name is "${defaultGuardName}"`;
    checkUnique(names, "name", message, context);
  },
);

export type GuardValue = z.infer<typeof guard>;

export const guardCautions = (
  guards: readonly GuardValue[] | undefined,
  at: readonly PropertyKey[],
): readonly Caution[] =>
  (guards ?? []).flatMap(({ failureCondition, provider }, index) =>
    figureCautions(failureCondition, provider, [...at, index, "failureCondition"]),
  );
