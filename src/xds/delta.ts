/**
 * The incremental variant as a pure step: request in, state out; state and view in, plan out.
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#incremental-xds
 */

import type { Resource } from "../snapshot/resource.ts";
import { type Presence, presence, type ResourceView } from "../snapshot/resource-table.ts";
import { isHalvedType, type TypeUrl, typeUrls } from "../snapshot/type-url.ts";
import { changed } from "./changed.ts";
import type { KnownVersions } from "./known-versions.ts";
import type { NameSet } from "./name-set.ts";
import { withAnswers } from "./on-demand.ts";
import { inParts, nextInTurn } from "./parts.ts";
import { knownIndexOf, missingFrom, oncePerPosition, seenBy } from "./position.ts";
import type { Plan, Push, PushContent } from "./push.ts";
import type { Received } from "./sotw.ts";
import { changeNames, concerns, covers, type Subscription, sees } from "./subscription.ts";
import {
  isPlain,
  isUpToDate,
  joined,
  never,
  settled,
  subscribed,
  type TypeState,
  unopened,
} from "./type-state.ts";
import { takeVerdict } from "./verdict.ts";

export interface DeltaRequest {
  readonly nonce: string;
  readonly subscribe: NameSet;
  readonly unsubscribe: NameSet;
  /** What a reconnecting proxy holds; only the first request of a type on a stream has it. */
  readonly initialVersions: KnownVersions;
  /** It has been served before, and waits for nothing where it holds what it should (docs/adr/0024). */
  readonly isServed: boolean;
  /** Present in a NACK. */
  readonly errorMessage: string | undefined;
}

/** The nonce only correlates: subscription changes count whatever it is. */
export function receiveDelta(
  previous: TypeState | undefined,
  typeUrl: TypeUrl,
  request: DeltaRequest,
): Received {
  const before = previous ?? changed(unopened(typeUrl), { halved: isHalvedType(typeUrl) });
  const answers = before.inFlight !== undefined && request.nonce === before.inFlight.nonce;
  const judged: Received = answers
    ? takeVerdict(before, request.errorMessage)
    : { state: before, verdict: request.nonce === "" ? "none" : "stale" };
  const first = previous === undefined;
  const change = changeNames(before.subscription, typeUrl, { first, ...request });
  if (first) {
    const known = request.initialVersions.length === 0 ? undefined : request.initialVersions;
    const waits = change.subscription.wildcard || request.subscribe.names.size === 0;
    const answerOwed = waits && !(request.isServed && known !== undefined);
    const { subscription } = change;
    // What is asked for first is not owed: the first plan compares all of it with `known`.
    const opened = changed(judged.state, { subscription, answerOwed, known });
    return { state: asking(opened, typeUrl, request.subscribe), verdict: judged.verdict };
  }
  const state = asking(subscribed(judged.state, change), typeUrl, request.subscribe);
  const answerOwed = state.answerOwed || change.wildcardAdded;
  if (answerOwed === state.answerOwed) return { state, verdict: judged.verdict };
  return { state: changed(state, { answerOwed }), verdict: judged.verdict };
}

/** Virtual hosts that an Envoy asks for because of requests, which wait for the answer. */
function asking(state: TypeState, typeUrl: TypeUrl, { names }: NameSet): TypeState {
  const isHosts = typeUrl === typeUrls.virtualHost && state.subscription.wildcard;
  if (!isHosts || names.size === 0) return state;
  const asked = new Set([...state.asked, ...names]);
  asked.delete("*");
  return changed(state, { asked });
}

/** What to send now, if anything; nothing is in flight. */
export function planDelta(
  state: TypeState,
  view: ResourceView,
  extraOwed: ReadonlySet<string>,
): Plan {
  if (extraOwed.size === 0 && isUpToDate(state, view)) return { kind: "wait", state };
  const next =
    extraOwed.size === 0 && nextInTurn(state, view, (each) => planOwn(each, view, extraOwed));
  if (next) return next;
  const plan =
    state.sentGeneration === never
      ? planFirst(state, view, extraOwed)
      : planChanges(state, view, extraOwed);
  return inParts(state, plan);
}

function planFirst(state: TypeState, view: ResourceView, extraOwed: ReadonlySet<string>): Plan {
  const { subscription, known, owed, asked, answerOwed } = state;
  const { generation } = view;
  const isAsked = asked.size > 0 || (isHosts(view) && extraOwed.size > 0);
  if (known === undefined && owed.size === 0 && !isAsked) {
    // Nothing is peculiar to this proxy: one message does for all that ask for the same.
    if (subscription.names.size === 0 && !subscription.wildcard && !answerOwed) {
      return { kind: "wait", state: settled(state, generation) };
    }
    const push = oncePerPosition(view, subscription, `first ${subscription.id}`, () =>
      everything(subscription, view),
    );
    return { kind: "push", state, push };
  }
  const { due, adds } = difference(state, view, extraOwed);
  if (due.size === 0 && asked.size === 0 && !answerOwed) {
    const accepted = known && { version: view.wildcardVersion(), nonce: "" };
    const next = settled(state, generation);
    return { kind: "wait", state: accepted ? changed(next, { accepted }) : next };
  }
  return { kind: "push", state, push: pushOf(state, view, { due, adds }) };
}

const isHosts = ({ typeUrl }: ResourceView): boolean => typeUrl === typeUrls.virtualHost;

function everything(subscription: Subscription, view: ResourceView): Push {
  const content = (): PushContent => ({
    version: view.wildcardVersion(),
    resources: seenBy(subscription, view),
    removed: missingFrom(subscription, view),
  });
  const { generation } = view;
  const shareKey = `${generation}|${subscription.id}|*all`;
  return { shareKey, generation, adds: true, renewed: "all", content };
}

/** A push of the names that are due: what the proxy sees of them, and that the others are gone. */
function pushOf(
  { subscription, asked }: TypeState,
  view: ResourceView,
  { due, adds }: { readonly due: ReadonlySet<string>; readonly adds: boolean },
): Push {
  const { generation } = view;
  const answers = asked.size === 0 ? "" : `|${joined(asked)}`;
  const shareKey = `${generation}|${subscription.id}|${joined(due)}${answers}`;
  const content = (): PushContent => withAnswers(pick(subscription, view, due), view, asked);
  return { shareKey, generation, adds, renewed: due, content };
}

/** Compares what a proxy says it holds, if it does, with what it should see. */
function difference(
  state: TypeState,
  view: ResourceView,
  extraOwed: ReadonlySet<string>,
): { readonly due: ReadonlySet<string>; readonly adds: boolean } {
  const { subscription, owed, owedAll, known = noVersions } = state;
  const { stale, adds, others } = knownIndexOf(subscription, view).compare(known);
  const due = new Set(stale.map(({ name }) => name));
  const isSeen = (name: string): boolean => sees(subscription, name, presence(view.get(name)));
  for (const { name } of owedAll ? seenBy(subscription, view) : []) due.add(name);
  const expiring = [...view.expiring()].map(({ name }) => name);
  const [owedIfSeen, owedAnyway] = isHosts(view) ? [[], extraOwed] : [extraOwed, []];
  const again = [...view.reusedNames(), ...expiring, ...owedIfSeen].filter(isSeen);
  const answers = [...owed, ...others, ...owedAnyway].filter((name) => covers(subscription, name));
  for (const name of [...again, ...answers]) due.add(name);
  for (const name of missingFrom(subscription, view)) due.add(name);
  return { due, adds };
}

const noVersions: KnownVersions = new Uint8Array();

function planChanges(state: TypeState, view: ResourceView, extraOwed: ReadonlySet<string>): Plan {
  if (extraOwed.size > 0 || !isPlain(state)) return planOwn(state, view, extraOwed);
  const { sentGeneration, subscription, answerOwed } = state;
  const key = `delta ${sentGeneration} ${answerOwed} ${subscription.id}`;
  // A plan for any stream in this position, but for the state that comes with it.
  const shared = oncePerPosition(view, subscription, key, () => planOwn(state, view, extraOwed));
  if (shared.kind === "restart") return shared;
  if (shared.kind === "push") return { kind: "push", state, push: shared.push };
  return { kind: "wait", state: settled(state, view.generation) };
}

function planOwn(state: TypeState, view: ResourceView, extraOwed: ReadonlySet<string>): Plan {
  const { subscription } = state;
  const { generation } = view;
  const changes = view.changedSince(state.sentGeneration);
  // What the proxy holds is no longer known here, but it is to the proxy itself.
  if (changes === undefined) return { kind: "restart" };
  const changed = changes.filter(({ name, before }) => concerns(subscription, view, name, before));
  const due = new Set(changed.map(({ name }) => name));
  for (const name of owedNames(state, view, extraOwed)) due.add(name);
  if (due.size === 0 && state.asked.size === 0 && !state.answerOwed) {
    return { kind: "wait", state: settled(state, generation) };
  }
  // What was rejected is as new to the proxy as it was then.
  const isNew = (name: string, before: Presence): boolean =>
    state.held.has(name) || !sees(subscription, name, before);
  const adds =
    state.owed.size > 0 || state.owedAll || changed.some(({ name, before }) => isNew(name, before));
  return { kind: "push", state, push: pushOf(state, view, { due, adds }) };
}

function* owedNames(
  state: TypeState,
  view: ResourceView,
  extraOwed: ReadonlySet<string>,
): Iterable<string> {
  const { subscription } = state;
  for (const name of state.owed) if (covers(subscription, name)) yield name;
  for (const name of extraOwed) {
    if (isHosts(view) || sees(subscription, name, presence(view.get(name)))) yield name;
  }
  if (state.owedAll) for (const { name } of seenBy(subscription, view)) yield name;
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
