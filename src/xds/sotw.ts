/**
 * The state-of-the-world variant as a pure step: request in, state out; state and view in, plan
 * out. https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#basic-protocol-overview
 */
import type { Resource } from "../snapshot/resource.ts";
import { type ResourceView, setVersion } from "../snapshot/resource-table.ts";
import { isFullStateType, type TypeUrl } from "../snapshot/type-url.ts";
import { replaceNames, type SubscriptionChange, sees, visible } from "./subscription.ts";
import {
  initialState,
  isOwing,
  joined,
  never,
  type Plan,
  type Push,
  type PushContent,
  settled,
  type TypeState,
  takeVerdict,
  type Verdict,
  withoutHeld,
} from "./type-state.ts";

export interface SotwRequest {
  readonly versionInfo: string;
  readonly nonce: string;
  readonly names: readonly string[];
  /** Present in a NACK. */
  readonly errorMessage: string | undefined;
}

export interface Received {
  readonly state: TypeState;
  /** `stale` requests are never an ACK or NACK, but their names count (DESIGN, section 8). */
  readonly verdict: Verdict | "stale";
}

export function receiveSotw(
  previous: TypeState | undefined,
  typeUrl: TypeUrl,
  request: SotwRequest,
): Received {
  const before = previous ?? initialState;
  const stale = before.lastNonce !== undefined && request.nonce !== before.lastNonce;
  const judged: Received =
    stale || before.lastNonce === undefined
      ? { state: before, verdict: stale ? "stale" : "none" }
      : takeVerdict(before, request.errorMessage, isFullStateType(typeUrl));
  const change = replaceNames(before.subscription, typeUrl, request.names);
  const state = subscribe(judged.state, typeUrl, change);
  if (previous !== undefined) return { state, verdict: judged.verdict };
  const known =
    request.versionInfo === ""
      ? undefined
      : ({ kind: "type", version: request.versionInfo } as const);
  return { state: { ...state, answerOwed: true, known }, verdict: judged.verdict };
}

function subscribe(state: TypeState, typeUrl: TypeUrl, change: SubscriptionChange): TypeState {
  if (change.subscription === state.subscription) return state;
  const next = withoutHeld({ ...state, subscription: change.subscription }, change.removed);
  const asksMore = change.added.size > 0 || change.wildcardAdded;
  if (!asksMore) return next;
  // A response of these types is the complete set, so new names make the whole set due.
  if (isFullStateType(typeUrl)) return { ...next, answerOwed: true };
  return {
    ...next,
    owed: new Set([...next.owed, ...change.added]),
    owedAll: next.owedAll || change.wildcardAdded,
  };
}

/** What to send now, if anything. Never more than one response in flight. */
export function planSotw(
  state: TypeState,
  view: ResourceView,
  extraOwed: ReadonlySet<string>,
): Plan {
  if (state.inFlight !== undefined) return { kind: "wait", state };
  return isFullStateType(view.typeUrl)
    ? planFullState(state, view)
    : planPartial(state, view, extraOwed);
}

function planFullState(state: TypeState, view: ResourceView): Plan {
  const { subscription } = state;
  const first = state.sentGeneration === never;
  if (first && holdsAll(state, view)) {
    return { kind: "wait", state: settled(state, view.generation) };
  }
  const changes = first ? undefined : view.changedSince(state.sentGeneration);
  const touched = changes?.filter(
    ({ name, before }) => sees(subscription, name, before) || isVisible(state, view.get(name)),
  );
  if (!first && !isOwing(state) && touched?.length === 0) {
    return { kind: "wait", state: settled(state, view.generation) };
  }
  const adds =
    touched === undefined || touched.some(({ name, before }) => isNew(view, name, before));
  const content = (): PushContent => {
    const resources = visible(subscription, view);
    const version =
      subscription.wildcard && subscription.names.size === 0
        ? view.wildcardVersion()
        : setVersion(resources);
    return { version, resources, removed: [] };
  };
  const { generation } = view;
  const key = `${generation}|${subscription.id}`;
  const renewed = touched === undefined ? "all" : new Set(touched.map(({ name }) => name));
  return { kind: "push", state, push: { shareKey: key, generation, adds, renewed, content } };
}

/** Only for a pure wildcard does the version a proxy shows prove what it holds. */
const holdsAll = (state: TypeState, view: ResourceView): boolean =>
  state.known?.kind === "type" &&
  state.subscription.wildcard &&
  state.subscription.names.size === 0 &&
  state.known.version === view.wildcardVersion();

function planPartial(before: TypeState, view: ResourceView, extraOwed: ReadonlySet<string>): Plan {
  const first = before.sentGeneration === never;
  const changes = first || before.owedAll ? undefined : view.changedSince(before.sentGeneration);
  const everything = changes === undefined;
  // Removal cannot be said in this variant; it only frees what was rejected together with it.
  const gone = (changes ?? []).filter(({ name }) => view.get(name) === undefined);
  const state = withoutHeld(
    before,
    gone.map(({ name }) => name),
  );
  const due = new Set<string>();
  for (const { name } of changes ?? []) if (isVisible(state, view.get(name))) due.add(name);
  for (const name of [...state.owed, ...extraOwed]) {
    if (isVisible(state, view.get(name))) due.add(name);
  }
  if (!everything && due.size === 0 && !state.answerOwed) {
    return { kind: "wait", state: settled(state, view.generation) };
  }
  const content = (): PushContent => {
    const all = visible(state.subscription, view);
    const resources = everything ? all : all.filter((resource) => due.has(resource.name));
    return { version: setVersion(all), resources, removed: [] };
  };
  const names = everything ? "*all" : joined(due);
  const key = `${view.generation}|${state.subscription.id}|${names}`;
  const renewed: Push["renewed"] = everything ? "all" : due;
  const push = { shareKey: key, generation: view.generation, adds: false, renewed, content };
  return { kind: "push", state, push };
}

const isVisible = (state: TypeState, resource: Resource | undefined): boolean =>
  resource !== undefined &&
  sees(state.subscription, resource.name, resource.wildcard ? "wildcard" : "named");

const isNew = (view: ResourceView, name: string, before: string): boolean =>
  before === "absent" && view.get(name) !== undefined;
