/**
 * One stream over all its types: which type's response goes next. Make before break is decided
 * here, per stream: clusters before their endpoints before the routes that name them.
 */

import { limits } from "../config/limits.ts";
import type { Resource } from "../snapshot/resource.ts";
import { presence, type ResourceView } from "../snapshot/resource-table.ts";
import { pushRank, type TypeUrl, typeUrls } from "../snapshot/type-url.ts";
import { changed } from "./changed.ts";
import { planDelta } from "./delta.ts";
import { withHeartbeat } from "./heartbeat.ts";
import { hostsOfRoutes } from "./on-demand.ts";
import type { Plan, Push, PushContent } from "./push.ts";
import { planSotw } from "./sotw.ts";
import { sees } from "./subscription.ts";
import { isUpToDate, never, sent, type TypeState } from "./type-state.ts";
import { TypeStates } from "./type-states.ts";

const noNames: ReadonlySet<string> = new Set();

/** State of the world, or delta. */
export type Variant = "sotw" | "delta";

export interface StreamState {
  readonly variant: Variant;
  readonly types: TypeStates;
  /**
   * Load assignments of clusters that were sent as changed: Envoy warms a changed cluster until its
   * assignment comes again, even unchanged, and for 15 s if it does not (docs/adr/0007).
   */
  readonly assignmentsOwed: ReadonlySet<string>;
  /** Route configurations that were sent, whose virtual hosts have to come after them (VHDS). */
  readonly hostsOwed: ReadonlySet<string>;
}

export const emptyStream = (variant: Variant): StreamState => ({
  variant,
  types: TypeStates.none,
  assignmentsOwed: noNames,
  hostsOwed: noNames,
});

export type Next =
  | {
      readonly kind: "push";
      readonly state: StreamState;
      readonly typeUrl: TypeUrl;
      readonly push: Push;
    }
  /** Nothing to send now; ask again on the next event, or at `wakeAtMs` (monotonic). */
  | { readonly kind: "idle"; readonly state: StreamState; readonly wakeAtMs: number | undefined }
  | { readonly kind: "restart"; readonly state: StreamState };

export type Views = (typeUrl: TypeUrl) => ResourceView | undefined;

export function withType(state: StreamState, typeUrl: TypeUrl, type: TypeState): StreamState {
  const types = state.types.with(typeUrl, type);
  if (types === state.types) return state;
  const { variant, assignmentsOwed, hostsOwed } = state;
  return { variant, types, assignmentsOwed, hostsOwed };
}

/** The next response of the stream in push order, or until when there is none. */
export function nextPush(before: StreamState, views: Views, nowMs: number): Next {
  let state = before;
  let wakeAtMs: number | undefined;
  for (const [typeUrl, type] of before.types) {
    const view = views(typeUrl);
    // Never more than one response in flight: the next one waits for its ACK.
    if (view === undefined || type.inFlight !== undefined || isAtRest(state, type, view)) continue;
    const plan = planType(state, type, view, views);
    if (plan.kind === "restart") return { kind: "restart", state };
    state = withType(state, typeUrl, plan.state);
    if (plan.kind === "wait") continue;
    const until = waitsForOthers(typeUrl) ? waitUntil(state, views, typeUrl, plan.push) : undefined;
    if (until !== undefined && nowMs < until) {
      wakeAtMs = Math.min(wakeAtMs ?? until, until);
      continue;
    }
    return { kind: "push", state, typeUrl, push: plan.push };
  }
  return { kind: "idle", state, wakeAtMs };
}

/** Whether there is certainly nothing to plan: mostly so, for all types but one. */
function isAtRest(state: StreamState, type: TypeState, view: ResourceView): boolean {
  if (!isUpToDate(type, view)) return false;
  if (type.sentBeat !== view.beats) return false;
  if (view.typeUrl === typeUrls.virtualHost || type.shown !== undefined) return false;
  return view.typeUrl !== typeUrls.endpoint || state.assignmentsOwed.size === 0;
}

function planType(state: StreamState, type: TypeState, view: ResourceView, views: Views): Plan {
  const { variant } = state;
  const owed = owedBeside(state, type, view, views);
  if (variant === "delta") {
    return withHeartbeat(variant, type, view, (each) => planDelta(each, view, owed));
  }
  const isProof = type.shown === undefined || provesAll(state, view.typeUrl);
  const shown = isProof ? type : changed(type, { shown: undefined });
  return withHeartbeat(variant, shown, view, (each) => planSotw(each, view, owed));
}

/** Names that are owed because of what was sent of another type. */
function owedBeside(
  state: StreamState,
  type: TypeState,
  view: ResourceView,
  views: Views,
): ReadonlySet<string> {
  if (view.typeUrl === typeUrls.endpoint) return state.assignmentsOwed;
  if (view.typeUrl !== typeUrls.virtualHost) return noNames;
  if (type.sentGeneration !== never) {
    return state.hostsOwed.size === 0 ? noNames : hostsOfRoutes(state.hostsOwed, view);
  }
  const routes = [...(views(typeUrls.route)?.resources() ?? [])].filter(({ vhds }) => vhds);
  return hostsOfRoutes(new Set(routes.map(({ name }) => name)), view);
}

/**
 * Whether the version that a proxy shows proves that it needs no answer. What a cluster or listener
 * that was just sent asks for has to be sent as well: Envoy waits for it, though it had it before.
 */
function provesAll({ types }: StreamState, typeUrl: TypeUrl): boolean {
  if (typeUrl === typeUrls.cluster || typeUrl === typeUrls.listener) return true;
  const owner = ownerTypes.get(typeUrl);
  const type = owner === undefined ? undefined : types.get(owner);
  return type !== undefined && type.accepted?.nonce === "" && type.lastNonce === undefined;
}

/** Types of which resources are asked for by those of another one. */
const ownerTypes: ReadonlyMap<TypeUrl, TypeUrl> = new Map([
  [typeUrls.endpoint, typeUrls.cluster],
  [typeUrls.route, typeUrls.listener],
]);

const waitsForOthers = (typeUrl: TypeUrl): boolean =>
  pushRank(typeUrl) > pushRank(typeUrls.endpoint);

/**
 * Until when a push waits for clusters that are new to the proxy. Envoy withholds the ACK of a
 * cluster response until the new clusters are warm, and answers 503 for a route to a cluster that
 * is not; but a cluster that cannot warm must not hold up everything else for ever.
 */
function waitUntil(
  state: StreamState,
  views: Views,
  typeUrl: TypeUrl,
  push: Push,
): number | undefined {
  const clusters = waitForClusters(state, views, push);
  if (typeUrl === typeUrls.runtime) return latest(clusters, waitForEndpoints(state, views));
  return latest(clusters, waitForRuntime(state, views));
}

/** Weights may be of a version whose endpoints have to wait for the ACK of those before them. */
function waitForEndpoints({ types }: StreamState, views: Views): number | undefined {
  const type = types.get(typeUrls.endpoint);
  if (type?.inFlight === undefined) return undefined;
  const isDue = views(typeUrls.endpoint)?.generation !== type.sentGeneration;
  return isDue ? type.inFlight.sentAtMs + limits.xds.warmGateMs : undefined;
}

const latest = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);

/**
 * Routes may take weights from runtime keys, and would have none without them: keys that cannot be
 * sent yet, because those before them are not ACKed, go first all the same (docs/adr/0021).
 */
function waitForRuntime({ types }: StreamState, views: Views): number | undefined {
  const type = types.get(typeUrls.runtime);
  // With nothing in flight, keys have just had their turn.
  if (type?.inFlight === undefined) return undefined;
  const changes = views(typeUrls.runtime)?.changedSince(type.sentGeneration);
  const isDue = changes === undefined || changes.length > 0 || type.owed.size > 0;
  return isDue ? type.inFlight.sentAtMs + limits.xds.clusterAnswerMs : undefined;
}

function waitForClusters(state: StreamState, views: Views, push: Push): number | undefined {
  const inFlight = state.types.get(typeUrls.cluster)?.inFlight;
  if (inFlight === undefined) return undefined;
  const { warmGateMs, clusterAnswerMs } = limits.xds;
  if (namesUnsentCluster(state, views, push)) return inFlight.sentAtMs + clusterAnswerMs;
  return inFlight.adds ? inFlight.sentAtMs + warmGateMs : undefined;
}

/**
 * Whether a push names a cluster that cannot be sent yet, because the response before it is not
 * answered: sent now, its share of the requests would be a 503 for certain.
 */
function namesUnsentCluster(state: StreamState, views: Views, push: Push): boolean {
  const type = state.types.get(typeUrls.cluster);
  const view = views(typeUrls.cluster);
  // With nothing in flight, clusters have just had their turn.
  if (type?.inFlight === undefined || view === undefined) return false;
  const { subscription, owed, owedAll } = type;
  const changes = view.changedSince(type.sentGeneration);
  if (changes?.length === 0 && owed.size === 0 && !owedAll) return false;
  const before = new Map(changes?.map((change) => [change.name, change.before]));
  const isUnsent = (name: string): boolean =>
    sees(subscription, name, presence(view.get(name))) &&
    (changes === undefined ||
      owedAll ||
      owed.has(name) ||
      !sees(subscription, name, before.get(name) ?? presence(view.get(name))));
  return push.content().resources.some((resource) => clustersNamed(resource).some(isUnsent));
}

/** Those that a route configuration names, or a TCP listener: the names of other types do no harm. */
const clustersNamed = ({ references, needs }: Resource): readonly string[] => [
  ...references,
  ...needs.filter(({ typeUrl }) => typeUrl === typeUrls.cluster).map(({ name }) => name),
];

/** The stream after `content` was written to it under `nonce`. */
export function streamSent(
  state: StreamState,
  typeUrl: TypeUrl,
  push: Push,
  content: PushContent,
  by: { readonly nonce: string; readonly nowMs: number },
): StreamState {
  const type = state.types.get(typeUrl);
  if (type === undefined) return state;
  const next = withType(state, typeUrl, sent(type, push, content, by));
  if (typeUrl === typeUrls.cluster) return oweAssignments(next, push, content);
  if (typeUrl === typeUrls.route) return oweHosts(next, content);
  if (typeUrl === typeUrls.virtualHost) return { ...next, hostsOwed: noNames };
  if (typeUrl !== typeUrls.endpoint || state.assignmentsOwed.size === 0) return next;
  const assignmentsOwed = new Set(state.assignmentsOwed);
  for (const { name } of content.resources) assignmentsOwed.delete(name);
  for (const name of content.removed) assignmentsOwed.delete(name);
  return { ...next, assignmentsOwed };
}

function oweAssignments(state: StreamState, push: Push, content: PushContent): StreamState {
  const endpoints = state.types.get(typeUrls.endpoint);
  const first = endpoints === undefined || endpoints.sentGeneration === never;
  // The first answer brings every assignment anyway, but for those that a reconnecting delta proxy
  // says it holds; that one is sent changed clusters only, never "all".
  if (first && (state.variant === "sotw" || push.renewed === "all")) return state;
  const assignmentsOwed = new Set(state.assignmentsOwed);
  for (const cluster of content.resources) {
    if (push.renewed !== "all" && !push.renewed.has(cluster.name)) continue;
    for (const name of cluster.references) assignmentsOwed.add(name);
  }
  return { ...state, assignmentsOwed };
}

function oweHosts(state: StreamState, { resources }: PushContent): StreamState {
  const opened = state.types.get(typeUrls.virtualHost);
  const sent = resources.filter(({ vhds }) => vhds).map(({ name }) => name);
  // The first answer brings every virtual host anyway.
  if (sent.length === 0 || opened === undefined || opened.sentGeneration === never) return state;
  return { ...state, hostsOwed: new Set([...state.hostsOwed, ...sent]) };
}
