/**
 * Bugs that a careless hand might plant in the state machine of a release, as patches of its text. The
 * model test must notice each: a property that no bug can fail proves nothing.
 */
import type { PlantedBug } from "./planted-bugs.ts";

const decide = "rollout/release/decide.ts";
const abort = "rollout/release/abort.ts";
const progress = "rollout/release/progress.ts";
const acts = "rollout/release/acts.ts";
const changes = "rollout/release/status-changes.ts";
const commands = "rollout/release/commands.ts";
const gates = "rollout/release/gates.ts";
const plan = "rollout/release/plan.ts";
const shares = "rollout/release/shares.ts";
const withdrawal = "rollout/release/withdrawal.ts";
const wait = "rollout/release/wait.ts";
const outcome = "rollout/release/analysis-outcome.ts";

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: the text of sources
export const plantedReleaseBugs: readonly PlantedBug[] = [
  {
    name: "an aborted release goes on",
    file: decide,
    find: "if (status.aborted !== undefined) return rollBack(input, status);",
    replace: "",
    why: "an abort is latched until retry",
  },
  {
    name: "a guard that has the canary is no matter",
    file: abort,
    find: "latch === undefined ? undefined : {",
    replace: "latch?.guard !== latch?.evidence ? undefined : {",
    why: "a guard's latch is an abort",
  },
  {
    name: "what a person wrote under a latch is overwritten",
    file: abort,
    find: "if (latch !== undefined) {",
    replace: "if (latch?.guard === latch?.evidence && latch !== undefined) {",
    why: "a person's edit during a rollback is never overwritten",
  },
  {
    name: "what failed in the last release fails the next one",
    file: decide,
    find: "const cause = guardCause(input);",
    replace: "const cause = abortCause(input, status);",
    why: "another spec is another release",
  },
  {
    name: "a release that is complete goes on",
    file: decide,
    find: '  if (status.phase === "Healthy") return hold(status.message);\n',
    replace: "",
    why: "after the end nothing is done",
  },
  {
    name: "a metric that cannot be measured is a failure",
    file: abort,
    find: 'if (verdict === "failed") return',
    replace: 'if (verdict === "failed" || verdict === "error") return',
    why: "no data: hold",
  },
  {
    name: "a metric that cannot be measured is no matter",
    file: decide,
    find: 'verdict === "inconclusive" || verdict === "error"',
    replace: 'verdict === "inconclusive"',
    why: "no data: hold",
  },
  {
    name: "a refused smoke test is waited for",
    file: progress,
    find: 'if (answer === "refused" && tests.has(webhook.type)) {',
    replace: 'if (answer === "refused" && tests.has(webhook.type) && status.step > 99) {',
    why: "unless somebody asks again, it would wait for ever",
    runs: 6_000,
  },
  {
    name: "a step is reached when it is written",
    file: progress,
    find: 'return wait === undefined ? { kind: "reach" } : waiting(wait);',
    replace: 'return { kind: "reach" };',
    why: "a step is reached when the proxies have acknowledged it",
  },
  {
    name: "proxies that come later are no matter",
    file: progress,
    find: 'const wait = acknowledgementWait(rollout, status, acked);\n        return wait === undefined ? undefined : waiting(wait);\n      },\n    ],\n    { kind: "leave" },',
    replace: 'return undefined;\n      },\n    ],\n    { kind: "leave" },',
    why: "no step is left while a proxy has not acknowledged it",
  },
  {
    name: "a step is written though nobody is connected",
    file: progress,
    find: 'if (acked.kind !== "none") return undefined;',
    replace: "if (acked.kind.length > 0) return undefined;",
    why: "no proxies: hold",
  },
  {
    name: "a held release leaves its step",
    file: progress,
    find: "() => held(input, status),\n      () => ownWait(",
    replace: "() => ownWait(",
    why: "held is held",
  },
  {
    name: "a held release writes its step",
    file: progress,
    find: "() => held(input, status),\n      () => unjudged(",
    replace: "() => unjudged(",
    why: "held is held",
  },
  {
    name: "a step is written outside of the windows",
    file: progress,
    find: "() => closed(input, status),\n      () => {\n        // Nothing",
    replace: "() => {\n        // Nothing",
    why: "windows deny advances",
  },
  {
    name: "a step is left outside of the windows",
    file: progress,
    find: "() => closed(input, status),\n      () => {\n        // Proxies",
    replace: "() => {\n        // Proxies",
    why: "windows deny advances",
  },
  {
    name: "a pause lasts from when it was begun",
    file: progress,
    find: "const untilMs = reachedMs + step.durationMs;",
    replace: "const untilMs = status.stepStartedMs + step.durationMs;",
    why: "pauses count from when the step is reached",
  },
  {
    name: "a manual pause ends by itself",
    file: progress,
    find: "if (step.durationMs === undefined) return waiting(pauseWait(rollout, status, undefined));",
    replace: "if (step.durationMs === undefined) return undefined;",
    why: "pause {} lasts until promote",
  },
  {
    name: "a canary that cannot be judged goes on",
    file: progress,
    find: "() => unjudged(input, status),\n      () => closed(input, status),\n      () => {\n        // Proxies",
    replace: "() => closed(input, status),\n      () => {\n        // Proxies",
    why: "no figures: hold",
  },
  {
    name: "a canary that cannot be judged gets more traffic",
    file: progress,
    find: "() => unjudged(input, status),\n      () => closed(input, status),\n      () => {\n        // Nothing",
    replace: "() => closed(input, status),\n      () => {\n        // Nothing",
    why: "no figures: hold",
    runs: 6_000,
  },
  {
    name: "more traffic without asking",
    file: progress,
    find: '...(isIncrease ? (["confirm-traffic-increase"] as const) : []),',
    replace: "",
    why: "confirm-traffic-increase before each increase",
  },
  {
    name: "all traffic without asking",
    file: progress,
    find: "isIncrease && percent === 100",
    replace: "isIncrease && percent > 100",
    why: "confirm-promotion before 100",
  },
  {
    name: "the answer to one attempt is good for the next",
    file: gates,
    find: "`${step}@${stepStartedMs}`",
    replace: "`${step}`",
    why: "a gate is asked for each step of each attempt",
  },
  {
    name: "the answer to one step is good for all",
    file: gates,
    find: "`${step}@${stepStartedMs}`",
    replace: "`begun`",
    why: "a gate is asked for each step",
  },
  {
    name: "a gate that is waited for is open",
    file: gates,
    find: '["refused", "failed", "waiting"] as const',
    replace: '["refused", "failed"] as const',
    why: "no answer is no consent",
  },
  {
    name: "a step is skipped",
    file: acts,
    find: "steps.length : status.step + 1;",
    replace: "steps.length : Math.min(steps.length, status.step + 2);",
    why: "no step is skipped",
  },
  {
    name: "promote --full is a promote",
    file: acts,
    find: 'status.promoted === "full" ? steps.length : status.step + 1',
    replace: "status.step + 1",
    why: "promote --full goes past all steps",
  },
  {
    name: "a step counts as written when it is entered",
    file: changes,
    find: "writtenRevision: writes ? undefined : status.writtenRevision,",
    replace: "writtenRevision: status.writtenRevision,",
    why: "no step is skipped",
  },
  {
    name: "a step is written again and again",
    file: changes,
    find: "writtenRevision: thisRevision,\n  reachedMs: undefined,\n  writtenStep",
    replace: "writtenRevision: undefined,\n  reachedMs: undefined,\n  writtenStep",
    why: "no step is done twice",
  },
  {
    name: "an analysis takes over what the last one measured",
    file: changes,
    find: "tallies: ofBackground(status.tallies),",
    replace: "tallies: status.tallies,",
    why: "an analysis is of its step",
  },
  {
    name: "a promoted step promotes all that follow",
    file: changes,
    find: 'promoted: status.promoted === "step" && !writes ? "no" : status.promoted,',
    replace: "promoted: status.promoted,",
    why: "promote is for one step",
  },
  {
    name: "a promoted step promotes the one after the next as well",
    file: changes,
    find: '  weights,\n  promoted: status.promoted === "full" ? "full" : "no",',
    replace: "  weights,",
    why: "promote is for one step",
  },
  {
    name: "somebody's weights are overwritten",
    file: decide,
    find: "if (!sameWeights(input.weights, status.weights)) {",
    replace: "if (status.step < 0) {",
    why: "a person's edit is never overwritten",
  },
  {
    name: "somebody's weights are taken over in silence",
    file: decide,
    find: "  if (isLatched(status)) return hold(status.message);\n",
    replace: "",
    why: "until promote or retry",
  },
  {
    name: "promote does not take note of the weights it finds",
    file: changes,
    find: "  weights,\n  waits: undefined,\n  idleMs: 0,\n  // What was promoted",
    replace: "  waits: undefined,\n  idleMs: 0,\n  // What was promoted",
    why: "promote goes on from the plan",
  },
  {
    name: "others' traffic is taken without a word",
    file: decide,
    find: "othersOf(rollout, weights).length > 0 ? othersWait(input) : undefined",
    replace: "othersOf(rollout, weights).length > 99 ? othersWait(input) : undefined",
    why: "others keep 0, and it is said what if they have some",
  },
  {
    name: "an inconclusive analysis goes on",
    file: decide,
    find: 'verdict === "inconclusive" || verdict === "error"',
    replace: 'verdict === "error"',
    why: "inconclusive is a pause",
  },
  {
    name: "a metric that was promoted fails all the same",
    file: outcome,
    find: 'step?.kind === "analysis" && status.promoted === "no" ? step.metrics : [];',
    replace: 'step?.kind === "analysis" ? step.metrics : [];',
    why: "promote goes past an inconclusive analysis",
  },
  {
    name: "a dry run has consequences",
    file: outcome,
    find: "const found = dryRun ? undefined : analysis.get(key);",
    replace: "const found = analysis.get(key);",
    why: "a dry run is told, and no more",
  },
  {
    name: "the plan is one step behind",
    file: plan,
    find: "steps.slice(0, step + 1).reverse()",
    replace: "steps.slice(0, step).reverse()",
    why: "the canary has what the step says",
  },
  {
    name: "an abort takes from all",
    file: shares,
    find: "if (found === undefined || othersOf(rollout, found).length === 0) {",
    replace: "if (found === undefined || found.size >= 0) {",
    why: "an abort takes the canary's weight, and nothing else",
  },
  {
    name: "an abort leaves nobody to answer",
    file: withdrawal,
    find: "  if (hasNothing || unable.has(canary)) return undefined;",
    replace: "  if (hasNothing || unable.size > 0) return undefined;",
    why: "an abort makes no outage",
  },
  {
    name: "what an abort left is taken over a person's weights",
    file: abort,
    find: "if (isOthers && hasTraffic) {",
    replace: "if (isOthers && weights === undefined) {",
    why: "a person's edit is never overwritten",
  },
  {
    name: "what an abort left stays for ever",
    file: abort,
    find: "if (keeps === aborted.keeps) return hold(status.message);",
    replace: "if (keeps !== weights) return hold(status.message);",
    why: "the canary is out as soon as somebody else can answer",
  },
  {
    name: "a closed window is a fault",
    file: wait,
    find: '  "Gate",\n  "Window",\n  "CanaryPauseStep",',
    replace: '  "Gate",\n  "CanaryPauseStep",',
    why: "the deadline does not count windows",
  },
  {
    name: "a wait on purpose counts once it is over",
    file: wait,
    find: "idleMs: idleMs + idleNowMs(waits, nowMs),",
    replace: "idleMs,",
    why: "the deadline does not count pauses, windows and gates",
  },
  {
    name: "a rollback is over when it is written",
    file: decide,
    find: "  if (wait !== undefined) return hold(`${status.message}; ${wait}`);\n",
    replace: "",
    why: "a step is reached when the proxies have acknowledged it",
  },
  {
    name: "a rollback is never over",
    file: decide,
    find: "  if (status.reachedMs !== undefined) return hold(status.message);\n",
    replace: "",
    why: "an aborted release does nothing more",
  },
  {
    name: "retry goes on where the abort was",
    file: commands,
    find: "const next = goingOn(input, again);",
    replace:
      "const next = goingOn(input, { ...(status ?? begun(rollout, weights, input)), aborted: undefined });",
    why: "retry begins again at the first step",
  },
  {
    name: "abort is refused once all is promoted",
    file: commands,
    find: "if (status.aborted !== undefined) return refused(isAborted(rollout.service, status.aborted));",
    replace:
      'if (status.aborted !== undefined) return refused(isAborted(rollout.service, status.aborted));\n  if (status.promoted === "full") return refused("too late");',
    why: "abort wins over promote --full",
  },
  {
    name: "promote leads out of an abort",
    file: commands,
    find: "if (aborted !== undefined) return `${isAborted(service, aborted)}: \\`retry\\` begins again`;",
    replace: "",
    why: "an abort is latched until retry",
  },
  {
    name: "a new spec goes on with the old status",
    file: decide,
    find: "if (status === undefined || status.specHash !== rollout.specHash) return begin(input);",
    replace: "if (status === undefined) return begin(input);",
    why: "another spec is another release",
  },
];
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: the text of sources
