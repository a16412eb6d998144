/**
 * The incremental variant as a pure step: request in, state out; state and view in, plan out.
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#incremental-xds
 */
import type { Resource } from "../snapshot/resource.ts";
import { type Presence, presence, type ResourceView } from "../snapshot/resource-table.ts";
import type { TypeUrl } from "../snapshot/type-url.ts";
import type { Received } from "./sotw.ts";
import { changeNames, concerns, covers, type Subscription, sees, visible } from "./subscription.ts";
import {
  initialState,
  joined,
  never,
  oneByOne,
  type Plan,
  type PushContent,
  settled,
  subscribed,
  type TypeState,
  takeVerdict,
  unopened,
} from "./type-state.ts";

export interface DeltaRequest {
  readonly nonce: string;
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  /** What a reconnecting proxy holds; only the first request of a type on a stream has it. */
  readonly initialVersions: ReadonlyMap<string, string>;
  /** Present in a NACK. */
  readonly errorMessage: string | undefined;
}

/** The nonce only correlates: subscription changes count whatever it is. */
export function receiveDelta(
  previous: TypeState | undefined,
  typeUrl: TypeUrl,
  request: DeltaRequest,
): Received {
  const before = previous ?? unopened(typeUrl);
  const answers = before.inFlight !== undefined && request.nonce === before.inFlight.nonce;
  const judged: Received = answers
    ? takeVerdict(before, request.errorMessage)
    : { state: before, verdict: request.nonce === "" ? "none" : "stale" };
  const first = previous === undefined;
  const change = changeNames(before.subscription, typeUrl, { first, ...request });
  const state = subscribed(judged.state, change);
  if (!first) {
    const answerOwed = state.answerOwed || change.wildcardAdded;
    return { state: { ...state, answerOwed }, verdict: judged.verdict };
  }
  const known = request.initialVersions.size === 0 ? undefined : request.initialVersions;
  const answerOwed = change.subscription.wildcard || request.subscribe.length === 0;
  // What is asked for first is not owed again: the first plan compares all of it with `known`.
  const { owed, owedAll } = initialState;
  return { state: { ...state, owed, owedAll, answerOwed, known }, verdict: judged.verdict };
}

/** What to send now, if anything. Never more than one response in flight. */
export function planDelta(
  state: TypeState,
  view: ResourceView,
  extraOwed: ReadonlySet<string>,
): Plan {
  if (state.inFlight !== undefined) return { kind: "wait", state };
  const plan =
    state.sentGeneration === never
      ? planFirst(state, view, extraOwed)
      : planChanges(state, view, extraOwed);
  return state.separate ? oneByOne(state.subscription, plan) : plan;
}

function planFirst(state: TypeState, view: ResourceView, extraOwed: ReadonlySet<string>): Plan {
  const { subscription, known, owed, answerOwed } = state;
  const { generation } = view;
  if (known === undefined && owed.size === 0) {
    // Nothing is peculiar to this proxy: one message does for all that ask for the same.
    if (subscription.names.size === 0 && !subscription.wildcard && !answerOwed) {
      return { kind: "wait", state: settled(state, generation) };
    }
    const content = (): PushContent => difference(state, view, noNames).content;
    const shareKey = `${generation}|${subscription.id}|*all`;
    const push = { shareKey, generation, adds: true, renewed: "all", content } as const;
    return { kind: "push", state, push };
  }
  const { content, adds } = difference(state, view, extraOwed);
  if (content.resources.length + content.removed.length === 0 && !answerOwed) {
    return { kind: "wait", state: settled(state, generation) };
  }
  const renewed = new Set([...content.resources.map(({ name }) => name), ...content.removed]);
  const push = { shareKey: undefined, generation, adds, renewed, content: () => content };
  return { kind: "push", state, push };
}

const noNames: ReadonlySet<string> = new Set();

/** Compares what a proxy says it holds, if it does, with what it should see. */
function difference(
  state: TypeState,
  view: ResourceView,
  extraOwed: ReadonlySet<string>,
): { readonly content: PushContent; readonly adds: boolean } {
  const { subscription, owed, owedAll, known } = state;
  const seen = visible(subscription, view);
  const resources = seen.filter(
    ({ name, version }) =>
      owedAll ||
      known?.get(name) !== version ||
      view.isReused(name) ||
      owed.has(name) ||
      extraOwed.has(name),
  );
  const adds = seen.some(({ name }) => known?.has(name) !== true);
  const removed = new Set<string>();
  for (const name of [...subscription.names, ...owed, ...(known?.keys() ?? [])]) {
    const isGone = !sees(subscription, name, presence(view.get(name)));
    if (isGone && covers(subscription, name)) removed.add(name);
  }
  return { content: { version: view.wildcardVersion(), resources, removed: [...removed] }, adds };
}

function planChanges(state: TypeState, view: ResourceView, extraOwed: ReadonlySet<string>): Plan {
  const { subscription } = state;
  const { generation } = view;
  const changes = view.changedSince(state.sentGeneration);
  // What the proxy holds is no longer known here, but it is to the proxy itself.
  if (changes === undefined) return { kind: "restart" };
  const changed = changes.filter(({ name, before }) => concerns(subscription, view, name, before));
  const due = new Set(changed.map(({ name }) => name));
  for (const name of owedNames(state, view, extraOwed)) due.add(name);
  if (due.size === 0 && !state.answerOwed) {
    return { kind: "wait", state: settled(state, generation) };
  }
  // What was rejected is as new to the proxy as it was then.
  const isNew = (name: string, before: Presence): boolean =>
    state.held.has(name) || !sees(subscription, name, before);
  const adds =
    state.owed.size > 0 || state.owedAll || changed.some(({ name, before }) => isNew(name, before));
  const content = (): PushContent => pick(subscription, view, due);
  const key = `${generation}|${subscription.id}|${joined(due)}`;
  const push = { shareKey: key, generation, adds, renewed: due, content };
  return { kind: "push", state, push };
}

function* owedNames(
  state: TypeState,
  view: ResourceView,
  extraOwed: ReadonlySet<string>,
): Iterable<string> {
  const { subscription } = state;
  for (const name of state.owed) if (covers(subscription, name)) yield name;
  for (const name of extraOwed) {
    if (sees(subscription, name, presence(view.get(name)))) yield name;
  }
  if (state.owedAll) for (const { name } of visible(subscription, view)) yield name;
}

function pick(
  subscription: Subscription,
  view: ResourceView,
  due: ReadonlySet<string>,
): PushContent {
  const resources: Resource[] = [];
  const removed: string[] = [];
  for (const name of due) {
    const resource = view.get(name);
    if (resource !== undefined && sees(subscription, name, presence(resource))) {
      resources.push(resource);
    } else {
      removed.push(name);
    }
  }
  return { version: view.wildcardVersion(), resources, removed };
}
