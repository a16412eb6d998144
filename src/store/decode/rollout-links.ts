/**
 * Rollouts with the metrics of the templates that they name. Where one names a template that is not there, or
 * that does not fit, it stays as it was in force last, like a value that is refused; one that was never whole
 * is not there, so that its release does not begin, or stands still after a restart.
 */
import { isDeepStrictEqual } from "node:util";
import { compareText } from "../../lib/compare-text.ts";
import { didYouMean } from "../../lib/did-you-mean.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { AnalysisTemplate } from "../../model/analysis-template.ts";
import type { ServiceName, TemplateName } from "../../model/names.ts";
import type { AnalysisMetric, Rollout, RolloutStep } from "../../model/rollout.ts";
import type { Content } from "./content.ts";
import { type Path, type Problem, problem } from "./problem.ts";
import type { DraftAnalysis, RolloutDraft } from "./rollout-content.ts";
import type { Effect } from "./state-patch.ts";

/** What is remembered from one change to the next. */
export interface RolloutLinks {
  readonly drafts: Map<ServiceName, RolloutDraft>;
  readonly templates: Map<TemplateName, AnalysisTemplate>;
  /** What is wrong with the names in a rollout, by its key. */
  readonly problems: Map<string, readonly Problem[]>;
}

export const noLinks = (): RolloutLinks => ({
  drafts: new Map(),
  templates: new Map(),
  problems: new Map(),
});

export const copyOfLinks = ({ drafts, templates, problems }: RolloutLinks): RolloutLinks => ({
  drafts: new Map(drafts),
  templates: new Map(templates),
  problems: new Map(problems),
});

export interface Relinked {
  /** Undefined: it goes. */
  readonly rollouts: ReadonlyMap<ServiceName, Rollout | undefined>;
  /** Keys of all rollouts that were looked at. */
  readonly keys: readonly string[];
}

export const rolloutKey = (service: ServiceName): string => `rollouts/${service}`;

/** Takes the effects in. Only rollouts that they touch, and those that name a touched template, are linked. */
export function relink(
  links: RolloutLinks,
  effects: readonly Effect[],
  inForce: ReadonlyMap<ServiceName, Rollout>,
): Relinked {
  const touched = takeIn(links, effects);
  const rollouts = new Map<ServiceName, Rollout | undefined>();
  for (const [service, { keepsLast }] of touched) {
    const draft = links.drafts.get(service);
    const linked = draft === undefined ? ok(undefined) : link(draft, links.templates);
    put(links.problems, rolloutKey(service), linked.ok ? undefined : linked.error);
    const last = inForce.get(service);
    const lastGood = keepsLast ? last : undefined;
    const next = linked.ok ? linked.value : lastGood;
    if (!isDeepStrictEqual(last, next)) rollouts.set(service, next);
  }
  return { rollouts, keys: [...touched.keys()].map(rolloutKey) };
}

type Touched = ReadonlyMap<ServiceName, { readonly keepsLast: boolean }>;

/** Rollouts to look at; one whose key is another one than before does not keep what was in force. */
function takeIn(
  { drafts, templates, problems }: RolloutLinks,
  effects: readonly Effect[],
): Touched {
  const touched = new Map<ServiceName, { readonly keepsLast: boolean }>();
  const changed = new Set<TemplateName>();
  for (const { old, now } of effects) {
    const [before, after] = [draftOf(old), draftOf(now)];
    const draft = after ?? before;
    if (draft !== undefined) {
      const keepsLast = before?.createRevision === after?.createRevision;
      put(drafts, draft.service, after);
      touched.set(draft.service, { keepsLast });
    }
    const template = templateOf(now) ?? templateOf(old);
    if (template === undefined) continue;
    put(templates, template.name, templateOf(now));
    changed.add(template.name);
  }
  if (changed.size === 0) return touched;
  for (const [service, draft] of drafts) {
    const names = analysesOf(draft).flatMap(({ analysis }) => analysis.templates);
    // Of a name that is wrong is said which one may be meant.
    const isAffected = names.some((name) => changed.has(name)) || problems.has(rolloutKey(service));
    if (isAffected && !touched.has(service)) touched.set(service, { keepsLast: true });
  }
  return touched;
}

function put<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}

const draftOf = (content: Content | undefined): RolloutDraft | undefined =>
  content?.kind === "rollout" ? content.draft : undefined;

const templateOf = (content: Content | undefined): AnalysisTemplate | undefined =>
  content?.kind === "analysisTemplate" ? content.template : undefined;

interface LocatedAnalysis {
  readonly analysis: DraftAnalysis;
  /** From the root of the spec. */
  readonly at: Path;
  /** The release waits for it, so it has to end. */
  readonly isStep: boolean;
}

function analysesOf({ steps, background }: RolloutDraft): readonly LocatedAnalysis[] {
  const at = ["strategy", "canary"];
  return [
    ...steps.flatMap((step, index) =>
      step.kind === "analysis"
        ? [{ analysis: step, at: [...at, "steps", index, "analysis"], isStep: true }]
        : [],
    ),
    { analysis: background, at: [...at, "analysis"], isStep: false },
  ];
}

type Templates = ReadonlyMap<TemplateName, AnalysisTemplate>;

function link(draft: RolloutDraft, templates: Templates): Result<Rollout, readonly Problem[]> {
  const { at, createRevision: _, steps, background, ...rest } = draft;
  const problems = analysesOf(draft).flatMap((located) =>
    problemsOf({ ...located, at: [...at, ...located.at] }, templates),
  );
  if (problems.length > 0) return err(problems);
  return ok({
    ...rest,
    steps: steps.map(
      (step): RolloutStep =>
        step.kind === "analysis" ? { kind: "analysis", metrics: metricsOf(step, templates) } : step,
    ),
    background: {
      metrics: metricsOf(background, templates),
      startingStep: background.startingStep,
    },
  });
}

/** Those of templates first, in the order of their names in the rollout. */
const metricsOf = (
  { templates: names, metrics }: DraftAnalysis,
  templates: Templates,
): readonly AnalysisMetric[] => [
  ...names.flatMap((name) => templates.get(name)?.metrics ?? []),
  ...metrics,
];

const fate = "the rollout stays as it was before, and one that is new does not begin";

function problemsOf(
  { analysis, at, isStep }: LocatedAnalysis,
  templates: Templates,
): readonly Problem[] {
  const found: Problem[] = [];
  const seen = new Set<string>();
  const lookAt = (metrics: readonly AnalysisMetric[], path: Path): void => {
    for (const { name, count } of metrics) {
      const twice = seen.size === seen.add(name).size;
      const message = twice
        ? `a second metric ${name} in one analysis: ${fate}`
        : `the metric ${name} has no count, and a step has to end: ${fate}`;
      if (twice || (isStep && count === undefined)) {
        found.push(problem("VALUE_INVALID", path, message));
      }
    }
  };
  for (const [index, name] of analysis.templates.entries()) {
    const path = [...at, "templates", index, "templateName"];
    const template = templates.get(name);
    if (template === undefined) {
      const hint = didYouMean(name, [...templates.keys()].sort(compareText));
      const message = `no template under analysistemplates/ has this name${hint}: ${fate}`;
      found.push(problem("REFERENCE_MISSING", path, message));
    } else lookAt(template.metrics, path);
  }
  lookAt(analysis.metrics, [...at, "metrics"]);
  return found;
}
