/**
 * The state-of-the-world variant as a pure step: request in, state out; state and view in, plan
 * out. https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#basic-protocol-overview
 */
import { presence, type ResourceView, setVersion } from "../snapshot/resource-table.ts";
import { isFullStateType, type TypeUrl } from "../snapshot/type-url.ts";
import { concerns, covers, replaceNames, sees, visible } from "./subscription.ts";
import {
  joined,
  never,
  oneByOne,
  type Plan,
  type Push,
  type PushContent,
  settled,
  subscribed,
  type TypeState,
  takeVerdict,
  unopened,
  type Verdict,
  withoutHeld,
} from "./type-state.ts";

export interface SotwRequest {
  /**
   * What the proxy says it applied last. No reason to be silent when it reconnects: after a NACK it
   * may hold a part of another version (docs/adr/0005).
   */
  readonly versionInfo: string;
  readonly nonce: string;
  readonly names: readonly string[];
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
  const state = subscribed(judged.state, change);
  const answerOwed =
    state.answerOwed || previous === undefined || (isFullStateType(typeUrl) && isFreed(state));
  return { state: { ...state, answerOwed }, verdict: judged.verdict };
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

/** What to send now, if anything. Never more than one response in flight. */
export function planSotw(
  state: TypeState,
  view: ResourceView,
  extraOwed: ReadonlySet<string>,
): Plan {
  if (state.inFlight !== undefined) return { kind: "wait", state };
  if (isFullStateType(view.typeUrl)) return planFullState(state, view);
  const plan = planPartial(state, view, extraOwed);
  return state.separate ? oneByOne(state.subscription, plan) : plan;
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
  const content = (): PushContent => {
    const resources = visible(subscription, view);
    const pureWildcard = subscription.wildcard && subscription.names.size === 0;
    const version = pureWildcard ? view.wildcardVersion() : setVersion(resources);
    return { version, resources, removed: [] };
  };
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
  if (!isDue && !(everything && visible(subscription, view).length > 0)) {
    return { kind: "wait", state: settled(state, view.generation) };
  }
  const content = (): PushContent => {
    const all = visible(subscription, view);
    const resources = everything ? all : all.filter(({ name }) => due.has(name));
    return { version: setVersion(all), resources, removed: [] };
  };
  const shareKey = `${view.generation}|${subscription.id}|${everything ? "*all" : joined(due)}`;
  const renewed: Push["renewed"] = everything ? "all" : due;
  const push = { shareKey, generation: view.generation, adds: false, renewed, content };
  return { kind: "push", state, push };
}
