/**
 * How serin and people act: serin only as leader, with its term as the fence; a person without one,
 * and an act that must win, such as an abort, again and again.
 */
import { limits } from "../config/limits.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { type Act, type Committed, commitAct } from "../store/act.ts";
import { backoffMs } from "../store/backoff.ts";
import type { Store, StoreError } from "../store/store.ts";
import type { Leader } from "./leader.ts";

export type Acted =
  | Committed
  /** Nothing was done: this replica does not lead, or no longer. */
  | { readonly kind: "notLeader" };

/** One act in the leader's name. */
export async function actAsLeader(
  store: Store,
  leader: Pick<Leader, "term" | "deposed">,
  act: Act,
): Promise<Acted> {
  const term = leader.term();
  if (term === undefined) return { kind: "notLeader" };
  const committed = await commitAct(store, act, [term]);
  if (committed.kind !== "lost") return committed;
  // The compares do not say which of them did not hold.
  const held = await store.get(term.key);
  if (!held.ok || held.value?.modRevision === term.modRevision) return committed;
  leader.deposed(term);
  return { kind: "notLeader" };
}

export type Insisted<Refusal> =
  | { readonly kind: "done"; readonly revision: bigint }
  /** What was read now forbids the act. */
  | { readonly kind: "refused"; readonly refusal: Refusal }
  /** Others wrote in between, each time. */
  | { readonly kind: "lost" }
  | Extract<Committed, { readonly kind: "failed" }>;

export type Decision<Refusal> =
  | { readonly kind: "act"; readonly act: Act }
  | { readonly kind: "refused"; readonly refusal: Refusal }
  | Extract<Committed, { readonly kind: "failed" }>;

export interface InsistOptions {
  readonly attempts?: number;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/**
 * Acts until it is done. `decide` reads afresh each time, so that the act rests on what is there now,
 * and gives it an operation of its own.
 */
export async function insist<Refusal>(
  store: Store,
  decide: () => Promise<Decision<Refusal>>,
  options: InsistOptions = {},
): Promise<Insisted<Refusal>> {
  const { attempts = limits.rollout.attempts, clock = systemClock, random = Math.random } = options;
  let failures = 0;
  for (let attempt = 1; ; attempt++) {
    const decision = await decide();
    if (decision.kind === "refused") return decision;
    const committed = decision.kind === "act" ? await commitAct(store, decision.act) : decision;
    if (committed.kind === "done") return committed;
    if (committed.kind === "lost") {
      if (attempt >= attempts) return { kind: "lost" };
      failures = 0;
      continue;
    }
    if (isForGood(committed.error) || attempt >= attempts) return committed;
    failures += 1;
    await pause(clock, backoffMs(failures, limits.store, random()));
  }
}

/** The store will not change its mind. */
const isForGood = ({ kind }: StoreError): boolean => kind === "denied" || kind === "refused";

const pause = (clock: Clock, ms: number): Promise<void> =>
  new Promise((resolve) => {
    clock.after(ms, resolve);
  });
