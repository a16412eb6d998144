/**
 * What one stream knows of one type, for both protocol variants. A generation of the view stands
 * for everything the proxy holds, so the state is O(1) and not a version per resource; what the
 * generation cannot tell is listed by name in `owed` and `held`.
 */
import type { Resource } from "../snapshot/resource.ts";
import { covers, emptySubscription, type Subscription } from "./subscription.ts";

export interface TypeState {
  readonly subscription: Subscription;
  /** The proxy was sent everything it subscribes to as of this generation; `never`: nothing yet. */
  readonly sentGeneration: number;
  /** Names to answer with the next response, whatever the generation says. */
  readonly owed: ReadonlySet<string>;
  /** Everything visible is owed once more. */
  readonly owedAll: boolean;
  /** A response is owed even if there is nothing to put into it. */
  readonly answerOwed: boolean;
  readonly inFlight: InFlight | undefined;
  /** Nonce of the last response, the only one that is not stale; undefined before the first. */
  readonly lastNonce: string | undefined;
  /** Names of rejected responses that may or may not have been applied. */
  readonly held: ReadonlySet<string>;
  readonly accepted: Accepted | undefined;
  readonly rejected: Rejection | undefined;
  /** What the proxy says it already holds, until the first plan has compared it with the view. */
  readonly known: Known | undefined;
}

/** The one response that is sent and not yet answered. */
export interface InFlight {
  readonly nonce: string;
  readonly version: string;
  readonly names: readonly string[];
  /** What was known to be applied before it: a rejection falls back to this. */
  readonly fromGeneration: number;
  readonly sentAtMs: number;
  /** It brings resources that the proxy did not have: clusters that have to warm. */
  readonly adds: boolean;
}

export interface Accepted {
  readonly version: string;
  readonly nonce: string;
}

export interface Rejection {
  readonly version: string;
  readonly nonce: string;
  /** The proxy's own words; their form is not stable between versions of Envoy. */
  readonly message: string;
  readonly names: readonly string[];
}

/** How a reconnecting proxy says what it holds: delta by resource, state of the world by type. */
export type Known =
  | { readonly kind: "resources"; readonly versions: ReadonlyMap<string, string> }
  | { readonly kind: "type"; readonly version: string };

/** A response to be sent. */
export interface Push {
  /** Streams whose pushes have equal keys may share one message; undefined: this stream's own. */
  readonly shareKey: string | undefined;
  readonly generation: number;
  /** It brings resources that the proxy did not have: clusters that have to warm. */
  readonly adds: boolean;
  /** Names that are new or changed for the proxy, among those sent. */
  readonly renewed: ReadonlySet<string> | "all";
  content(): PushContent;
}

export interface PushContent {
  readonly version: string;
  readonly resources: readonly Resource[];
  /** Delta only: names that do not exist, or no longer. */
  readonly removed: readonly string[];
}

export type Plan =
  | { readonly kind: "wait"; readonly state: TypeState }
  | { readonly kind: "push"; readonly state: TypeState; readonly push: Push }
  /** The stream is further behind than the change log reaches: it must start afresh. */
  | { readonly kind: "restart" };

const noNames: ReadonlySet<string> = new Set();

/** Before every generation. */
export const never = -1;

export const initialState: TypeState = {
  subscription: emptySubscription,
  sentGeneration: never,
  owed: noNames,
  owedAll: false,
  answerOwed: false,
  inFlight: undefined,
  lastNonce: undefined,
  held: noNames,
  accepted: undefined,
  rejected: undefined,
  known: undefined,
};

export type Verdict = "ack" | "nack" | "none";

/**
 * Takes an ACK or NACK of the response in flight; the caller has checked the nonce. `fullState`:
 * responses of this type replace everything, so that nothing of a rejected one needs to be kept.
 */
export function takeVerdict(
  state: TypeState,
  errorMessage: string | undefined,
  fullState: boolean,
): { readonly state: TypeState; readonly verdict: Verdict } {
  const { inFlight } = state;
  if (inFlight === undefined) return { state, verdict: "none" };
  const { version, nonce, names } = inFlight;
  if (errorMessage !== undefined) {
    const rejected: Rejection = { version, nonce, message: errorMessage, names };
    const held = fullState ? noNames : new Set([...state.held, ...names]);
    return { state: { ...state, inFlight: undefined, rejected, held }, verdict: "nack" };
  }
  const acked = { ...state, inFlight: undefined, accepted: { version, nonce } };
  const next = acked.held.size === 0 ? cleared(acked) : withoutHeld(acked, names);
  return { state: next, verdict: "ack" };
}

/**
 * Takes names out of `held`. If that changed anything, the rest of the rejected responses gets one
 * more try: the bad one among them may have been the one that is now mended or gone.
 */
export function withoutHeld(state: TypeState, names: Iterable<string>): TypeState {
  if (state.held.size === 0) return state;
  const rest = new Set(state.held);
  let touched = false;
  for (const name of names) touched = rest.delete(name) || touched;
  if (!touched) return state;
  const owed = new Set(state.owed);
  for (const name of rest) if (covers(state.subscription, name)) owed.add(name);
  return { ...cleared(state), owed };
}

const cleared = (state: TypeState): TypeState => ({ ...state, held: noNames, rejected: undefined });

/** The state after `content` was written to the stream under `nonce`. */
export function sent(
  state: TypeState,
  push: Push,
  content: PushContent,
  by: { readonly nonce: string; readonly nowMs: number },
): TypeState {
  const names = [...content.resources.map((resource) => resource.name), ...content.removed];
  return {
    ...settled(state, push.generation),
    lastNonce: by.nonce,
    inFlight: {
      nonce: by.nonce,
      version: content.version,
      names,
      fromGeneration: state.sentGeneration,
      sentAtMs: by.nowMs,
      adds: push.adds,
    },
  };
}

/** Nothing is owed as of `generation`. */
export function settled(state: TypeState, generation: number): TypeState {
  if (state.sentGeneration === generation && !isOwing(state) && state.known === undefined) {
    return state;
  }
  return {
    ...state,
    sentGeneration: generation,
    owed: noNames,
    owedAll: false,
    answerOwed: false,
    known: undefined,
  };
}

export const isOwing = (state: TypeState): boolean =>
  state.owed.size > 0 || state.owedAll || state.answerOwed;

/** Whether the proxy has ACKed everything of `view` that it subscribes to, as of `generation`. */
export function hasApplied(state: TypeState, generation: number): boolean {
  if (state.rejected !== undefined || isOwing(state)) return false;
  return (state.inFlight?.fromGeneration ?? state.sentGeneration) >= generation;
}

/** Names as a part of a share key. */
export const joined = (names: Iterable<string>): string => [...names].sort().join("\0");
