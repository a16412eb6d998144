/**
 * The state-of-the-world variant as a pure step: request in, state out; state and view in, plan
 * out. https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#basic-protocol-overview
 */

import { presence, type ResourceView, setVersion } from "../snapshot/resource-table.ts";
import { isFullStateType, type TypeUrl } from "../snapshot/type-url.ts";
import { changed } from "./changed.ts";
import type { NameSet } from "./name-set.ts";
import { inParts, nextInTurn } from "./parts.ts";
import { oncePerPosition, seenBy } from "./position.ts";
import type { Plan, Push, PushContent } from "./push.ts";
import { concerns, covers, replaceNames, type Subscription, sees } from "./subscription.ts";
import {
  isPlain,
  isUpToDate,
  joined,
  never,
  settled,
  subscribed,
  type TypeState,
  unopened,
  untold,
} from "./type-state.ts";
import { takeVerdict, type Verdict, withoutHeld } from "./verdict.ts";

export interface SotwRequest {
  /**
   * What the proxy says it applied last; empty where that proves nothing: after a NACK it may hold a
   * part of another version (docs/adr/0005).
   */
  readonly versionInfo: string;
  readonly nonce: string;
  readonly names: NameSet;
  /** Present in a NACK. */
  readonly errorMessage: string | undefined;
}

export interface Received {
  readonly state: TypeState;
  /** `stale` requests are never an ACK or NACK, but their names count (docs/adr/0004). */
  readonly verdict: Verdict | "stale";
}

export function receiveSotw(
  previous: TypeState | undefined,
  typeUrl: TypeUrl,
  request: SotwRequest,
): Received {
  const before = previous ?? unopened(typeUrl);
  const judged = judge(before, request);
  const change = replaceNames(before.subscription, typeUrl, request.names);
  if (previous === undefined) {
    const { subscription } = change;
    const shown = request.versionInfo === "" ? undefined : request.versionInfo;
    // The first response brings everything that is asked for: no name is owed by itself.
    const state = changed(judged.state, { subscription, answerOwed: true, shown });
    return { state, verdict: "none" };
  }
  const state = subscribed(judged.state, change);
  const answerOwed = state.answerOwed || (isFullStateType(typeUrl) && isFreed(state));
  if (answerOwed === state.answerOwed) return { state, verdict: judged.verdict };
  return { state: changed(state, { answerOwed }), verdict: judged.verdict };
}

/**
 * Whether the rejected name was dropped. Of a complete set there is always something to try again,
 * though no name may be left of it: what it did not name was to be removed.
 */
const isFreed = (state: TypeState): boolean =>
  state.rejected !== undefined && state.held.size === 0 && state.inFlight === undefined;

function judge(state: TypeState, { nonce, errorMessage }: SotwRequest): Received {
  if (state.lastNonce === undefined) return { state, verdict: "none" };
  if (nonce !== state.lastNonce) return { state, verdict: "stale" };
  return takeVerdict(state, errorMessage);
}

/** What to send now, if anything; nothing is in flight. */
export function planSotw(
  before: TypeState,
  view: ResourceView,
  extraOwed: ReadonlySet<string>,
): Plan {
  if (extraOwed.size === 0 && isUpToDate(before, view)) return { kind: "wait", state: before };
  const state = before.shown === undefined ? before : taken(before, before.shown, view);
  if (state.separate) {
    const next = nextInTurn(state, view, (each) => planOwn(each, view, extraOwed));
    return next ?? inParts(state, planOwn(state, view, extraOwed));
  }
  if (extraOwed.size > 0 || !isPlain(state)) return planOwn(state, view, extraOwed);
  const { sentGeneration, subscription, answerOwed } = state;
  const key = `sotw ${sentGeneration} ${answerOwed} ${subscription.id}`;
  // A plan for any stream in this position, but for the state that comes with it.
  const shared = oncePerPosition(view, subscription, key, () => planOwn(state, view, extraOwed));
  if (shared.kind === "push") return { kind: "push", state, push: shared.push };
  return { kind: "wait", state: settled(state, view.generation) };
}

/**
 * A reconnecting proxy that shows the version which the view has now, for what it asks for, holds
 * all of it: content makes the version. Where a user does, the content may be another.
 */
function taken(state: TypeState, shown: string, view: ResourceView): TypeState {
  const asked = changed(state, { shown: undefined });
  const isFirst = state.sentGeneration === never && state.owed.size === 0 && !state.owedAll;
  if (!isFirst || versionFor(state.subscription, view) !== shown) return asked;
  if (!isProven(state.subscription, view)) return asked;
  const accepted = { version: shown, nonce: "" };
  return changed(settled(asked, view.generation), { accepted, sentBeat: untold });
}

function isProven(subscription: Subscription, view: ResourceView): boolean {
  for (const name of view.unprovenNames()) {
    if (sees(subscription, name, presence(view.get(name)))) return false;
  }
  return true;
}

const planOwn = (state: TypeState, view: ResourceView, extraOwed: ReadonlySet<string>): Plan =>
  isFullStateType(view.typeUrl) ? planFullState(state, view) : planPartial(state, view, extraOwed);

/** Version of everything that the subscription sees. */
function versionFor(subscription: Subscription, view: ResourceView): string {
  const { wildcard, names } = subscription;
  if (!wildcard) return view.versionOf(names);
  if (names.size === 0) return view.wildcardVersion();
  return setVersion(seenBy(subscription, view));
}

function planFullState(state: TypeState, view: ResourceView): Plan {
  const { subscription, held } = state;
  const owed = [...state.owed].filter((name) => covers(subscription, name));
  const first = state.sentGeneration === never;
  const changes = first || state.owedAll ? undefined : view.changedSince(state.sentGeneration);
  const touched = changes?.filter(({ name, before }) => concerns(subscription, view, name, before));
  if (touched?.length === 0 && owed.length === 0 && !state.answerOwed) {
    return { kind: "wait", state: settled(state, view.generation) };
  }
  const content = (): PushContent => ({
    version: versionFor(subscription, view),
    resources: seenBy(subscription, view),
    removed: [],
  });
  const { generation } = view;
  // What was rejected is sent along once more, so it is as new to the proxy as it was then.
  const again = [...owed, ...held];
  const adds =
    touched === undefined ||
    again.length > 0 ||
    touched.some(({ name, before }) => !sees(subscription, name, before));
  const renewed: Push["renewed"] =
    touched === undefined ? "all" : new Set([...touched.map(({ name }) => name), ...again]);
  const shareKey = `${generation}|${subscription.id}`;
  return { kind: "push", state, push: { shareKey, generation, adds, renewed, content } };
}

function planPartial(before: TypeState, view: ResourceView, extraOwed: ReadonlySet<string>): Plan {
  const { subscription, sentGeneration } = before;
  const first = sentGeneration === never;
  const changes = first || before.owedAll ? undefined : view.changedSince(sentGeneration);
  const everything = changes === undefined;
  const isVisible = (name: string): boolean => sees(subscription, name, presence(view.get(name)));
  const touched = [...before.owed, ...(changes?.map(({ name }) => name) ?? before.held)];
  // Removal cannot be said in this variant; it only frees what was rejected together with it.
  const state = withoutHeld(
    before,
    touched.filter((name) => !isVisible(name)),
  );
  const due = new Set([...touched, ...state.owed, ...extraOwed].filter(isVisible));
  const isDue = state.answerOwed || due.size > 0;
  if (!isDue && !(everything && seenBy(subscription, view).length > 0)) {
    return { kind: "wait", state: settled(state, view.generation) };
  }
  const content = (): PushContent => {
    const version = versionFor(subscription, view);
    if (everything) return { version, resources: seenBy(subscription, view), removed: [] };
    const resources = [...due].map((name) => view.get(name)).filter((one) => one !== undefined);
    return { version, resources, removed: [] };
  };
  const shareKey = `${view.generation}|${subscription.id}|${everything ? "*all" : joined(due)}`;
  const renewed: Push["renewed"] = everything ? "all" : due;
  const push = { shareKey, generation: view.generation, adds: false, renewed, content };
  return { kind: "push", state, push };
}
