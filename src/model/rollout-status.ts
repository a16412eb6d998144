/**
 * How far a release is: `status/rollouts/<service>`, written by serin alone, in the same transaction as the
 * weights that it tells of. All that a replica needs to go on where another one died. Times are wall clock, ms.
 */
import type { SubsetName } from "./names.ts";

/** Argo Rollouts' words. */
export type RolloutPhase = "Progressing" | "Paused" | "Degraded" | "Healthy";

/** How many measurements of one metric had which outcome, since its analysis began. */
export interface MetricTally {
  readonly successful: number;
  readonly failed: number;
  readonly inconclusive: number;
  readonly errors: number;
  readonly consecutiveErrors: number;
  readonly lastAtMs: number;
}

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
  /** In per cent, as written last by the release. */
  readonly canaryPercent: number;
  /** A person has said `pause`. */
  readonly held: boolean;
  /** A person has said `promote` for the step under way, or `promote --full`. */
  readonly promoted: "no" | "step" | "full";
  /** Latched until `retry`. */
  readonly aborted: Aborted | undefined;
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
}

/** `status/guards/<service>`: versions that a guard has taken out. */
export interface GuardStatus {
  readonly latched: ReadonlyMap<SubsetName, Latch>;
  readonly operation: string;
}

export interface Latch {
  readonly atMs: number;
  readonly guard: string;
  /** One sentence with counts, interval and rule. */
  readonly evidence: string;
}
