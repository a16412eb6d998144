/**
 * Steps of a release, as Argo Rollouts has them. Each says one thing.
 * https://argo-rollouts.readthedocs.io/en/stable/features/specification/
 */
import { z } from "zod";
import { limits } from "../../config/limits.ts";
import { analysisShape, checkAnalysis } from "./analysis.ts";
import {
  confined,
  durationWithin,
  full,
  headerName,
  integer,
  listOf,
  name,
  reason,
  text,
} from "./leaves.ts";
import { percent } from "./measurement.ts";
import { pathProblem } from "./route-match.ts";

const weightError = "a weight, such as 20 for 20 %";

/** How large it may be depends on maxTrafficWeight, which stands beside the steps. */
const weight = z.number({ error: weightError }).min(0, { error: weightError });

const pauseError = 'a duration such as "10m", to 720h, or whole seconds';

const pause = z.object({
  duration: z
    .union([durationWithin("1s", "720h"), integer(1, 2_592_000)], { error: pauseError })
    .optional()
    .describe("Default: until somebody says `promote`."),
});

/** Strict: with a condition left out it would be about more requests. */
const textMatch = z
  .strictObject({
    exact: text(4_096, 1).optional(),
    regex: text(limits.decode.regexChars, 1).optional().describe("Of the whole value."),
    prefix: text(limits.decode.regexChars, 1).optional(),
  })
  .superRefine((value, context) => {
    if (Object.values(value).filter((one) => one !== undefined).length === 1) return;
    const message = "expected one of exact, regex and prefix";
    context.addIssue({ code: "custom", message, params: full });
  });

const headerMatch = z.strictObject({ headerName, headerValue: textMatch });

/** Of URLs, so that a request can have it. */
const pathMatch = textMatch.superRefine(({ exact, prefix }, context) => {
  const message = pathProblem(exact ?? prefix ?? "/");
  if (message === undefined) return;
  const field = exact === undefined ? "prefix" : "exact";
  context.addIssue({ code: "custom", path: [field], message, params: reason });
});

const mirrorMatch = z
  .strictObject({
    method: textMatch.optional().describe("In capitals, as requests have it."),
    path: pathMatch
      .optional()
      .describe("Before the query. `prefix` is of the text: `/a` is one of `/ab` as well."),
    headers: z
      .record(headerName, textMatch)
      .refine((headers) => Object.keys(headers).length > 0, { error: "at least one header" })
      .refine((headers) => Object.keys(headers).length <= limits.decode.managedMatches, {
        error: `at most ${limits.decode.managedMatches} headers`,
      })
      .optional()
      .describe("By name, each `exact`, `regex` or `prefix`; all must match."),
  })
  .superRefine((value, context) => {
    if (Object.values(value).some((one) => one !== undefined)) return;
    const message = "expected a method, a path or headers";
    context.addIssue({ code: "custom", message, params: full });
  });

const gone = "Any may match; none: the route of that name goes.";

const headerRoute = z.object({
  name,
  match: listOf(headerMatch, limits.decode.managedMatches, "matches").optional().describe(gone),
});

const mirrorRoute = z.object({
  name,
  match: listOf(mirrorMatch, limits.decode.managedMatches, "matches").optional().describe(gone),
  percentage: percent.optional().describe("Of the matching requests; default 100."),
});

const stepKinds = ["setWeight", "pause", "setHeaderRoute", "setMirrorRoute", "analysis"] as const;

const step = z
  .object({
    setWeight: weight
      .optional()
      .describe("Of the canary, in per cent, or as maxTrafficWeight has it."),
    pause: confined(pause.optional(), "without pause the release goes on"),
    setHeaderRoute: headerRoute
      .optional()
      .describe("Requests that go to the canary, whatever the weights are."),
    setMirrorRoute: mirrorRoute
      .optional()
      .describe("Requests that the canary gets a copy of; its answers are dropped."),
    analysis: confined(
      z
        .object(analysisShape)
        .superRefine(checkAnalysis)
        .optional()
        .describe("Waits for its verdict."),
      "without analysis the release goes on",
    ),
  })
  .superRefine((value, context) => {
    if (stepKinds.filter((kind) => value[kind] !== undefined).length === 1) return;
    const message = `expected in each step one of ${stepKinds.join(", ")}`;
    context.addIssue({ code: "custom", message, params: full });
  });

export const stepsSchema = listOf(step, limits.decode.rolloutSteps, "steps").min(1, {
  error: "at least one step",
});

export type StepValue = z.infer<typeof step>;
export type TextMatchValue = z.infer<typeof textMatch>;
export type MirrorMatchValue = z.infer<typeof mirrorMatch>;
