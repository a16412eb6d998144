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

/** Put to all others, those that come later as well, once the revision is in force here. */
export interface Question {
  /** By replica; one that has not answered since is pending, and so is one that is not heard of any more. */
  progress(): ReadonlyMap<string, ReplicaProgress>;
  /** Resolves when each that is heard of has answered, whatever it said, or when there was time enough to. */
  answered(signal: AbortSignal): Promise<void>;
  /** Asks no more. */
  end(): void;
}

export interface OtherReplicas {
  /** How many there are, those included that are not heard of any more. */
  readonly size: number;
  /** Why this replica cannot know of others; undefined: it can. */
  doubt(): string | undefined;
  ask(revision: bigint): Question;
  /** Another revision is in force here. */
  advanced(): void;
}

const nobodyAsked: Question = {
  progress: () => new Map(),
  answered: async () => undefined,
  end: () => undefined,
};

/** Of a process that stands alone, or does not serve yet. */
export const noOtherReplicas: OtherReplicas = {
  size: 0,
  doubt: () => undefined,
  ask: () => nobodyAsked,
  advanced: () => undefined,
};

/** `status` of the proxies of a replica that is not heard of any more. */
export const unknownStatus = "UNKNOWN";
