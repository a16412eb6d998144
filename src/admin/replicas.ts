/**
 * What a wait knows of the proxies of other replicas. One replica sees only those that are connected to
 * it, so that it asks the others: docs/adr/0044-what-the-command-line-promises.md.
 */
import type { BehindList } from "./behind-json.ts";

/** How far the proxies of one replica are with a revision. */
export interface ReplicaProgress extends BehindList {
  /** As for a wait: `rejected` where all have answered, and some said no. */
  readonly progress: "applied" | "pending" | "rejected";
  /** Connected, and those of them that have accepted it. */
  readonly proxies: number;
  readonly accepted: number;
}

export interface OtherReplicas {
  /** Asks all others until what is returned is called; those that come later as well. */
  ask(revision: bigint): () => void;
  /** By replica; one that has not answered is pending. */
  progress(revision: bigint): ReadonlyMap<string, ReplicaProgress>;
}

/** Of a process that stands alone, or does not serve yet. */
export const noOtherReplicas: OtherReplicas = {
  ask: () => () => {},
  progress: () => new Map(),
};
