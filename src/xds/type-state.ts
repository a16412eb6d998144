/**
 * What one stream knows of one type, for both protocol variants. A generation of the view stands
 * for everything the proxy holds, so the state is O(1) and not a version per resource; what the
 * generation cannot tell is listed by name in `owed` and `held`.
 */

import type { ResourceView } from "../snapshot/resource-table.ts";
import { isSeparateType, type TypeUrl } from "../snapshot/type-url.ts";
import { changed, copyOf, type Draft } from "./changed.ts";
import type { KnownVersions } from "./known-versions.ts";
import type { Push, PushContent } from "./push.ts";
import {
  covers,
  emptySubscription,
  type Subscription,
  type SubscriptionChange,
} from "./subscription.ts";
import { minus, withoutHeld } from "./verdict.ts";

export interface TypeState {
  /** Its resources go one to a response, so that a rejection is of one name and of no other. */
  readonly separate: boolean;
  /** Delta only: a rejected response is sent again in halves. */
  readonly halved: boolean;
  /** Most names of the next response, while it is being found out which one is bad. */
  readonly atMost: number | undefined;
  readonly subscription: Subscription;
  /** The proxy was sent everything it subscribes to as of this generation; `never`: nothing yet. */
  readonly sentGeneration: number;
  /** It had ACKed everything as of this generation, when it was last owed and unanswered nothing. */
  readonly appliedGeneration: number;
  /** Names to answer with the next response, whatever the generation says. */
  readonly owed: ReadonlySet<string>;
  /** Everything visible is owed once more. */
  readonly owedAll: boolean;
  /** A response is owed even if there is nothing to put into it. */
  readonly answerOwed: boolean;
  readonly inFlight: InFlight | undefined;
  /** Nonce of the last response, the only one that is not stale; undefined before the first. */
  readonly lastNonce: string | undefined;
  /** Names of rejected responses that may or may not have been applied; sent again on a change. */
  readonly held: ReadonlySet<string>;
  readonly accepted: Accepted | undefined;
  readonly rejected: Rejection | undefined;
  /** Versions that a reconnecting delta proxy says it holds, until they are compared with the view. */
  readonly known: KnownVersions | undefined;
  /** The version that a reconnecting state-of-the-world proxy shows, until the same. */
  readonly shown: string | undefined;
  /** Virtual hosts that the proxy asks for because of a request: each gets an answer (VHDS). */
  readonly asked: ReadonlySet<string>;
  /** What has a time to live was last told of at this beat of the view; `untold`: who knows when. */
  readonly sentBeat: number;
}

/** The one response that is sent and not yet answered. */
export interface InFlight {
  readonly nonce: string;
  readonly version: string;
  /** What it brings or takes away; of a complete set, only what is new or changed. */
  readonly names: readonly string[];
  /** One of the names was unsubscribed since: if it is rejected, the rest gets another try. */
  readonly dropped: boolean;
  /** It brings something that was held: if it is accepted, the rest gets another try. */
  readonly retries: boolean;
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

const noNames: ReadonlySet<string> = new Set();

/** Before every generation: nothing was sent. */
export const never = -1;

/** Before every change log: something was sent, and what has changed since cannot be told. */
export const untold = -2;

export const initialState: TypeState = {
  separate: false,
  halved: false,
  atMost: undefined,
  subscription: emptySubscription,
  sentGeneration: never,
  appliedGeneration: never,
  owed: noNames,
  owedAll: false,
  answerOwed: false,
  inFlight: undefined,
  lastNonce: undefined,
  held: noNames,
  accepted: undefined,
  rejected: undefined,
  known: undefined,
  shown: undefined,
  asked: noNames,
  sentBeat: 0,
};

/** Before the first request of a type. */
export const unopened = (typeUrl: TypeUrl): TypeState =>
  isSeparateType(typeUrl) ? changed(initialState, { separate: true }) : initialState;

/**
 * Takes a subscription and what it newly asks for. A rejected response is tried again without the
 * names that are no longer asked for.
 */
export function subscribed(state: TypeState, change: SubscriptionChange): TypeState {
  const { subscription, added, removed } = change;
  if (subscription === state.subscription && added.size === 0 && !change.wildcardAdded) {
    return state;
  }
  const isDropped = (name: string): boolean => removed.has(name) || !covers(subscription, name);
  const dropped = state.inFlight?.names.some(isDropped) === true;
  const inFlight = dropped && state.inFlight ? { ...state.inFlight, dropped } : state.inFlight;
  // Others are owed again when they are asked for again.
  const stillOwed = [...state.owed].filter((name) => covers(subscription, name));
  const owed = new Set([...stillOwed, ...added]);
  // Still covered by the wildcard: the proxy is told what is left of the name.
  if (subscription.wildcard) for (const name of removed) owed.add(name);
  // What is on its way may be what the wildcard does not see.
  if (change.wildcardAdded) for (const name of inFlight?.names ?? []) owed.add(name);
  const owedAll = state.owedAll || change.wildcardAdded;
  const asksMore = added.size > 0 || change.wildcardAdded;
  const appliedGeneration = asksMore ? never : state.appliedGeneration;
  const next = changed(state, { subscription, inFlight, owed, owedAll, appliedGeneration });
  return withoutHeld(next, [...state.held].filter(isDropped));
}

/** The state after `content` was written to the stream under `nonce`. */
export function sent(
  state: TypeState,
  push: Push,
  content: PushContent,
  by: { readonly nonce: string; readonly nowMs: number },
): TypeState {
  const { version } = content;
  const names = push.renewed === "all" ? allNames(content, state.held) : listOf(push.renewed);
  const held = minus(state.held, names);
  const next = copyOf(state);
  oweNothing(next, push.generation);
  next.owed = push.rest ?? noNames;
  next.asked = noNames;
  next.sentBeat = push.beat ?? state.sentBeat;
  next.appliedGeneration = appliedGeneration(state);
  next.held = held;
  next.lastNonce = by.nonce;
  next.inFlight = {
    nonce: by.nonce,
    version,
    names,
    dropped: false,
    retries: held.size < state.held.size,
    sentAtMs: by.nowMs,
    adds: push.adds,
  };
  return next;
}

const contentNames = new WeakMap<PushContent, readonly string[]>();

/** One list for all streams that are sent the same, which may be long. */
function allNames(content: PushContent, held: ReadonlySet<string>): readonly string[] {
  const known = contentNames.get(content);
  const names = known ?? [...content.resources.map(({ name }) => name), ...content.removed];
  if (known === undefined) contentNames.set(content, names);
  return held.size === 0 ? names : [...names, ...held];
}

const lists = new WeakMap<ReadonlySet<string>, readonly string[]>();

function listOf(names: ReadonlySet<string>): readonly string[] {
  const known = lists.get(names);
  if (known !== undefined) return known;
  const list = [...names];
  lists.set(names, list);
  return list;
}

/** Nothing is owed as of `generation`; and unless names are held, nothing stands rejected. */
export function settled(state: TypeState, generation: number): TypeState {
  const rejected = state.held.size === 0 ? undefined : state.rejected;
  const same = state.sentGeneration === generation && state.rejected === rejected;
  if (same && !isOwing(state) && state.known === undefined) return state;
  const next = copyOf(state);
  oweNothing(next, generation);
  return next;
}

function oweNothing(next: Draft, generation: number): void {
  if (next.held.size === 0) next.rejected = undefined;
  next.sentGeneration = generation;
  next.owed = noNames;
  next.owedAll = false;
  next.answerOwed = false;
  next.known = undefined;
}

export const isOwing = (state: TypeState): boolean =>
  state.owed.size > 0 || state.owedAll || state.answerOwed;

/** Whether subscription, generation and `answerOwed` tell all there is to know of what to send. */
export const isPlain = (state: TypeState): boolean =>
  state.owed.size === 0 &&
  state.asked.size === 0 &&
  !state.owedAll &&
  state.held.size === 0 &&
  state.known === undefined;

/** Whether there is certainly nothing to do for this type. */
export const isUpToDate = (state: TypeState, view: ResourceView): boolean =>
  state.sentGeneration === view.generation &&
  isPlain(state) &&
  !state.answerOwed &&
  state.rejected === undefined;

/** Whether the proxy has ACKed everything that it subscribes to as of `generation`. */
export const hasApplied = (state: TypeState, generation: number): boolean =>
  appliedGeneration(state) >= generation;

export function appliedGeneration(state: TypeState): number {
  const open = state.inFlight !== undefined || state.held.size > 0 || isOwing(state);
  return open ? state.appliedGeneration : state.sentGeneration;
}

/** Names as a part of a share key; as JSON, because a name may hold any character. */
export const joined = (names: Iterable<string>): string => JSON.stringify([...names].sort());
