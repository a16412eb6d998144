/**
 * What a release is decided upon, and what may come of it. All of it is values: who calls `decide` has
 * looked at the store, the proxies, the figures and the clock, and carries out what it says.
 */
import type { SubsetName } from "../../model/names.ts";
import type { Rollout } from "../../model/rollout.ts";
import type { Latch, RolloutStatus } from "../../model/rollout-status.ts";
import type { Ask, GateAnswer } from "./gates.ts";
import type { Unable } from "./withdrawal.ts";

/** `weights/<service>`: only the ratio counts. */
export type Weights = ReadonlyMap<SubsetName, number>;

/** How far the proxies that see the service are with `writtenRevision`. */
export type Acknowledgement =
  | { readonly kind: "applied" }
  /** Names of proxies. */
  | { readonly kind: "pending"; readonly behind: readonly string[] }
  | { readonly kind: "rejected"; readonly by: readonly string[] }
  /** No proxy is connected. */
  | { readonly kind: "none" };

/** How the analysis of one metric stands. */
export interface AnalysisFinding {
  readonly verdict: "running" | "successful" | "failed" | "inconclusive" | "error";
  /** One sentence, with counts and rule. */
  readonly evidence: string;
}

export interface DecideInput {
  readonly rollout: Rollout;
  /** As the store has it, `thisRevision` replaced. */
  readonly status: RolloutStatus | undefined;
  /** In force, of the same revision of the store as the status; undefined: there is no such key. */
  readonly weights: Weights | undefined;
  /** Who wrote them, where the history tells. */
  readonly weightsBy: string | undefined;
  /** Of a guard on the canary. */
  readonly latch: Latch | undefined;
  /** Left out: all can take traffic. */
  readonly unable?: Unable;
  readonly acked: Acknowledgement;
  /** By the keys of `status.tallies`, and made of those tallies; what has no finding is running. */
  readonly analysis: ReadonlyMap<string, AnalysisFinding>;
  /** Why the canary cannot be judged now (no figures, old ones, too few): a sentence each. */
  readonly blind: readonly string[];
  /** `untilMs`: when that changes; undefined: never, as far as is known. */
  readonly window: { readonly open: boolean; readonly untilMs: number | undefined };
  /** By `Ask.key`; what is not there is unasked. */
  readonly gates: ReadonlyMap<string, GateAnswer>;
  /** Wall clock. */
  readonly nowMs: number;
  /** Id of the act, if one comes of this. */
  readonly operation: string;
}

/** What happened, for the history and for alerts. */
export type RolloutEvent =
  | "Begun"
  /** The next step is under way; its writes are to come. */
  | "StepEntered"
  | "StepWritten"
  /** The proxies have acknowledged it. */
  | "StepReached"
  /** It waits for something else than before. */
  | "Waits"
  /** It stays where it is until a person speaks. */
  | "Paused"
  /** It is late, and waits on. */
  | "Overdue"
  | "Aborted"
  /** After an abort at which nobody else could take traffic: the canary's is taken now. */
  | "Withdrawn"
  /** The proxies have acknowledged that the canary has no weight. */
  | "RolledBack"
  | "Completed";

export type Decision =
  /** `untilMs`: decide again then, at the latest; undefined: when something changes. */
  | { readonly kind: "hold"; readonly reason: string; readonly untilMs: number | undefined }
  /** Ask these, remember each as `waiting`, and decide again. */
  | { readonly kind: "ask"; readonly asks: readonly Ask[]; readonly reason: string }
  | DecisionToWrite;

/**
 * All of it in one transaction, which compares the revisions of what was decided upon. Routes of the
 * release follow from the status (model/managed-routes.ts).
 */
export interface DecisionToWrite {
  readonly kind: "write";
  readonly status: RolloutStatus;
  /** undefined: they stay as they are. */
  readonly weights: Weights | undefined;
  readonly reason: string;
  readonly event: RolloutEvent;
}

/** How much an event matters: an alert for `warn` is sent for `warn` and `error`. */
export function severityOf(event: RolloutEvent): "info" | "warn" | "error" {
  if (event === "Aborted") return "error";
  return event === "Paused" || event === "Overdue" ? "warn" : "info";
}
