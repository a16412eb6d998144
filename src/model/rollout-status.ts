/**
 * How far a release is: `status/rollouts/<service>`, written by serin alone, in the same transaction as the
 * weights that it tells of. All that a replica needs to go on where another one died. Times are wall clock, ms.
 */
import type { SubsetName } from "./names.ts";

/** Argo Rollouts' words. */
export type RolloutPhase = "Progressing" | "Paused" | "Degraded" | "Healthy";

/** What a release waits for. Argo Rollouts' words where there are any. */
export type WaitReason =
  /** Proxies that have not acknowledged what the step wrote. */
  | "Acknowledgement"
  /** Proxies that have rejected it. */
  | "Rejected"
  | "NoProxies"
  /** The canary cannot be judged: no figures, old ones, or too few. */
  | "Signal"
  | "Analysis"
  /** A webhook that has not agreed yet. */
  | "Gate"
  /** A webhook that does not answer. */
  | "GateFailed"
  | "Window"
  | "CanaryPauseStep"
  /** A person has said `pause`, or the object says `paused`. */
  | "Held"
  /** Or it cannot be made. Stays until `promote` or `retry`. */
  | "InconclusiveAnalysisRun"
  /** Somebody else has written the weights. Stays until `promote` or `retry`. */
  | "WeightsChanged";

/** How many measurements of one metric had which outcome, since its analysis began. */
export interface MetricTally {
  readonly successful: number;
  readonly failed: number;
  readonly inconclusive: number;
  readonly errors: number;
  readonly consecutiveErrors: number;
  readonly lastAtMs: number;
}

/**
 * `writtenRevision` of a status that is about to be written: the revision of that write, which is known
 * only afterwards. Whoever reads the value puts the key's revision in its place.
 */
export const thisRevision = "this";

export interface RolloutStatus {
  /** Of the spec that this is the status of. */
  readonly specHash: string;
  readonly phase: RolloutPhase;
  /** Of the step under way; the number of steps when all are done. */
  readonly step: number;
  readonly stepStartedMs: number;
  /**
   * Revision of the store at which the step's writes were made; undefined: they are to be made. The step is
   * reached when every proxy has ACKed that revision, which `reachedMs` then tells.
   */
  readonly writtenRevision: string | undefined;
  readonly reachedMs: number | undefined;
  /**
   * The last step whose writes were made, which may be many steps back where somebody said `promote --full`;
   * undefined: none. The release's routes are those of that step.
   */
  readonly writtenStep?: number | undefined;
  /** In per cent, as written last by the release. */
  readonly canaryPercent: number;
  /**
   * `weights/<service>` as the release wrote it, or found and accepted it; undefined: there was none. What
   * differs from it is somebody else's.
   */
  readonly weights: ReadonlyMap<SubsetName, number> | undefined;
  /** undefined: the next act is to come. */
  readonly waits: { readonly for: WaitReason; readonly sinceMs: number } | undefined;
  /** For how long the step has waited on purpose, before `waits`: no part of its deadline. */
  readonly idleMs: number;
  /** A person has said `pause`. */
  readonly held: boolean;
  /** A person has said `promote` for the step under way, or `promote --full`. */
  readonly promoted: "no" | "step" | "full";
  /** Latched until `retry`. */
  readonly aborted: Aborted | undefined;
  /** When the analysis in the background began; undefined: it has not yet, or there is none. */
  readonly backgroundSinceMs?: number | undefined;
  /** When somebody said `retry` last: figures over the time before say nothing of this attempt. */
  readonly retriedMs?: number | undefined;
  /** By metric's name: of the step's analysis, and `background/<name>`. */
  readonly tallies: ReadonlyMap<string, MetricTally>;
  /** One sentence: what is waited for, and why. */
  readonly message: string;
  /** Of the act that wrote this, so that a lost answer can be looked up. */
  readonly operation: string;
}

export interface Aborted {
  readonly atMs: number;
  readonly by: string;
  readonly reason: string;
  /** Why the canary keeps its traffic still; undefined: it has none. */
  readonly keeps?: string | undefined;
}

/** `status/guards/<service>`: versions that a guard has taken out. */
export interface GuardStatus {
  readonly latched: ReadonlyMap<SubsetName, Latch>;
  /** When they were brought back last, wall clock, ms: what came before is not held against them. */
  readonly retried: ReadonlyMap<SubsetName, number>;
  readonly operation: string;
}

export interface Latch {
  readonly atMs: number;
  readonly guard: string;
  /** One sentence with counts, interval and rule. */
  readonly evidence: string;
}
