/**
 * A checked rollout → a draft of the model's, with presets expanded and defaults filled in. The templates
 * that it names are objects of their own, so a draft names them still; see rollout-links.ts.
 */
import type { SubsetName, TemplateName } from "../../model/names.ts";
import { presetSteps } from "../../model/preset.ts";
import type {
  AnalysisMetric,
  ManagedMatch,
  Rollout,
  RolloutStep,
  RolloutWebhook,
  RolloutWindow,
} from "../../model/rollout.ts";
import type { NamedMatch } from "../../model/route.ts";
import { durationMs } from "../schema/duration.ts";
import { type AnalysisValue, percentOf, type RolloutValue } from "../schema/rollout.ts";
import type { WebhookValue, WindowValue } from "../schema/rollout-schedule.ts";
import type { MirrorMatchValue, StepValue, TextMatchValue } from "../schema/rollout-step.ts";
import { patternOf, prefixPattern, withQuery } from "../schema/step-regexes.ts";
import { toMetrics } from "./analysis-content.ts";
import type { Content, KeyOf } from "./content.ts";
import { toAlerts, toGuards } from "./guard-content.ts";
import type { Path } from "./problem.ts";
import { specHash } from "./spec-hash.ts";
import { optionalMs } from "./traffic-content.ts";

/** An analysis as it is written: templates by their names, and metrics of its own. */
export interface DraftAnalysis {
  readonly templates: readonly TemplateName[];
  readonly metrics: readonly AnalysisMetric[];
}

export type DraftStep =
  | Exclude<RolloutStep, { readonly kind: "analysis" }>
  | ({ readonly kind: "analysis" } & DraftAnalysis);

export interface RolloutDraft extends Omit<Rollout, "steps" | "background"> {
  readonly steps: readonly DraftStep[];
  readonly background: DraftAnalysis & { readonly startingStep: number };
  /** Of the key: a new one has nothing to do with what was there before. */
  readonly createRevision: bigint;
  /** Where the spec lies in the value. */
  readonly at: Path;
}

export function toRollout(
  value: RolloutValue,
  { service }: KeyOf<"rollouts">,
  createRevision: bigint,
  at: Path,
): Content {
  const { stableSubset, canarySubset, analysis, maxTrafficWeight, steps } = value.strategy.canary;
  const canary = canarySubset as SubsetName;
  const written =
    steps === undefined
      ? (presetSteps(value.preset ?? "") ?? [])
      : steps.map((step) => toStep(step, maxTrafficWeight));
  const released = {
    stable: stableSubset as SubsetName,
    canary,
    steps: toTheEnd(written),
    background: { ...toAnalysis(analysis), startingStep: analysis?.startingStep ?? 0 },
  };
  const draft: RolloutDraft = {
    service,
    ...released,
    guard: toGuards(value.guard, canary),
    paused: value.paused ?? false,
    progressDeadlineMs: (value.progressDeadlineSeconds ?? 600) * 1_000,
    progressDeadlineAbort: value.progressDeadlineAbort ?? false,
    webhooks: (value.webhooks ?? []).map(toWebhook),
    alerts: toAlerts(value.alerts, "info"),
    windows: (value.windows ?? []).map(toWindow),
    specHash: specHash(released),
    createRevision,
    at,
  };
  return { kind: "rollout", draft };
}

/** A release that is past its last step is promoted, as in Argo Rollouts. */
function toTheEnd(steps: readonly DraftStep[]): readonly DraftStep[] {
  const last = steps.findLast(({ kind }) => kind === "setWeight");
  const isWhole = last?.kind === "setWeight" && last.percent === 100;
  return isWhole ? steps : [...steps, { kind: "setWeight", percent: 100 }];
}

function toStep(value: StepValue, maxTrafficWeight: number | undefined): DraftStep {
  const { setWeight, setHeaderRoute, setMirrorRoute, analysis, pause } = value;
  if (setWeight !== undefined) {
    return { kind: "setWeight", percent: percentOf(setWeight, maxTrafficWeight) };
  }
  if (setHeaderRoute !== undefined) {
    const match = (setHeaderRoute.match ?? []).map(({ headerName, headerValue }) =>
      toMatch({ [headerName]: headerValue }),
    );
    return { kind: "setHeaderRoute", name: setHeaderRoute.name, match };
  }
  if (setMirrorRoute !== undefined) {
    const match = (setMirrorRoute.match ?? []).map(toMirrorMatch);
    const percent = setMirrorRoute.percentage ?? 100;
    return { kind: "setMirrorRoute", name: setMirrorRoute.name, match, percent };
  }
  if (analysis !== undefined) return { kind: "analysis", ...toAnalysis(analysis) };
  return { kind: "pause", durationMs: toPauseMs(pause?.duration) };
}

/** Whole seconds, as in Argo Rollouts, or a duration. */
function toPauseMs(duration: string | number | undefined): number | undefined {
  return typeof duration === "number" ? duration * 1_000 : optionalMs(duration);
}

const toMatch = (headers: Readonly<Record<string, TextMatchValue>>): ManagedMatch => ({
  headers: Object.entries(headers).map(([name, value]) => toNamedMatch(name, value)),
});

/** Method and path as the headers that proxies have them in, beside the ones of the rule. */
function toMirrorMatch({ method, path, headers = {} }: MirrorMatchValue): ManagedMatch {
  return {
    headers: [
      ...(method === undefined ? [] : [toNamedMatch(":method", method)]),
      ...(path === undefined ? [] : [toPathMatch(path)]),
      ...toMatch(headers).headers,
    ],
  };
}

const toPathMatch = (path: TextMatchValue): NamedMatch => ({
  name: ":path",
  kind: "regex",
  value: withQuery(patternOf(path)),
});

function toNamedMatch(written: string, { exact, regex, prefix }: TextMatchValue): NamedMatch {
  const name = written.toLowerCase();
  if (exact !== undefined) return { name, kind: "exact", value: exact };
  return { name, kind: "regex", value: regex ?? prefixPattern(prefix ?? "") };
}

const toAnalysis = ({ templates, metrics }: AnalysisValue = {}): DraftAnalysis => ({
  templates: (templates ?? []).map(({ templateName }) => templateName as TemplateName),
  metrics: toMetrics(metrics),
});

const toWebhook = ({ name, type, url, timeout }: WebhookValue): RolloutWebhook => ({
  name,
  type: type ?? "rollout",
  url,
  timeoutMs: optionalMs(timeout) ?? 10_000,
});

const toWindow = ({ kind, schedule, duration, timeZone }: WindowValue): RolloutWindow => ({
  kind,
  schedule,
  durationMs: durationMs(duration),
  timeZone: timeZone ?? "UTC",
});
