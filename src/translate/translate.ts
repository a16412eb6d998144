/**
 * The desired state as Envoy resources. Pure but for a memory of the last translation, by which what
 * did not change keeps its bundles, and work follows the size of the change. What comes out is the
 * same without it, but for raw resources and snapshots of nodes whose new content is refused: there
 * the last good one stays in force.
 */

import { assert } from "../lib/assert.ts";
import { compareText } from "../lib/compare-text.ts";
import type { Diagnostic } from "../lib/diagnostic.ts";
import type { DesiredState } from "../model/desired-state.ts";
import { type Gateway, type NodeSelection, selects } from "../model/gateway.ts";
import type { GatewayName, ServiceName } from "../model/names.ts";
import type { HttpRoute } from "../model/route.ts";
import type { Bundle } from "../snapshot/bundle.ts";
import type { Resource } from "../snapshot/resource.ts";
import { sameElements } from "./equal.ts";
import type { TranslatedGateway } from "./gateway/gateway.ts";
import { noGateways, type TranslatedGateways, translateGateways } from "./gateway/gateways.ts";
import { noGrpc, type TranslatedGrpc, translateGrpc } from "./grpc/grpc-routing.ts";
import { type WithoutSick, withoutSick } from "./grpc/without-sick.ts";
import { laneDiagnostics } from "./lane/lane-diagnostics.ts";
import { type IndexedMap, joinedMap } from "./layered-map.ts";
import { type TranslateLimits, unlimited } from "./limits.ts";
import { noNodes, type TranslatedNodes, translateNodes } from "./raw/node-resources.ts";
import { type RawMemo, translateRaws } from "./raw/raws.ts";
import { rolloutDiagnostics } from "./release/rollout-diagnostics.ts";
import { stillHolds, type TranslatedRoute, translateRoute } from "./route/route.ts";
import { noServices, type TranslatedServices, translateServices } from "./services.ts";
import {
  noneInMotion,
  type ServicesInMotion,
  servicesInMotion,
} from "./weights/services-in-motion.ts";
import { type SplitKeys, splitKeys } from "./weights/split-keys.ts";

export interface Translation {
  readonly revision: bigint;
  /**
   * For every proxy: clusters, load assignments, gRPC listeners and their route configurations,
   * clusters for gRPC clients alone, raw resources of `*`. By owner.
   */
  readonly shared: ReadonlyMap<string, Bundle>;
  /** The same for gRPC clients, who do not see what serin's probes find sick. By owner. */
  readonly forGrpc: ReadonlyMap<string, Bundle>;
  /** The part of `shared` that services make, for a proxy as far as it needs them. By owner. */
  readonly services: IndexedMap<string, Bundle>;
  /** Another part of it: raw resources of `*`. */
  readonly raws: readonly Bundle[];
  /** By the name of the resource; for those alone who need them. */
  readonly secrets: ReadonlyMap<string, Resource>;
  /** Socket listeners, route configurations and raw resources of each gateway, the built-in one too. */
  readonly gateways: ReadonlyMap<GatewayName, GatewayTranslation>;
  /** The built-in gateway; undefined where there is none, or an object of the same name. */
  readonly defaultGateway: GatewayName | undefined;
  readonly weights: MovingWeights;
  /** By node id: all that the node gets, in place of everything above. */
  readonly nodes: ReadonlyMap<string, Bundle>;
  readonly diagnostics: readonly Diagnostic[];
}

export interface GatewayTranslation {
  readonly gateway: Gateway;
  readonly bundle: Bundle;
  /** The same for Envoys with the layer `weights`: routes leave weights in motion to it. */
  readonly layered: Bundle;
}

/** What the layer `weights` is made from. */
export interface MovingWeights {
  readonly inMotion: ServicesInMotion;
  /** Of any service there is. */
  splitOf(service: ServiceName): SplitKeys | undefined;
}

export interface TranslateOptions {
  /** For the nodes that no other gateway selects. */
  readonly defaultGateway: Gateway | undefined;
  /** Left out: no bounds. */
  readonly limits?: TranslateLimits;
}

/** What is kept from one translation to the next. */
interface Memo {
  readonly services: TranslatedServices;
  readonly routes: TranslatedRoutes;
  readonly grpc: TranslatedGrpc;
  /** undefined: nothing was translated yet. */
  readonly withoutSick: WithoutSick | undefined;
  /** `grpc` itself where nobody is sick. */
  readonly grpcSeen: TranslatedGrpc;
  readonly gateways: TranslatedGateways;
  readonly bundles: ReadonlyMap<GatewayName, GatewayBundles>;
  readonly inMotion: ServicesInMotion;
  readonly raws: RawMemo;
  readonly rawBundles: readonly Bundle[];
  readonly shared: ReadonlyMap<string, Bundle>;
  readonly forGrpc: ReadonlyMap<string, Bundle>;
  readonly nodes: TranslatedNodes;
}

type GatewayBundles = Pick<GatewayTranslation, "bundle" | "layered">;

interface TranslatedRoutes {
  readonly byName: ReadonlyMap<string, TranslatedRoute>;
  /** In the order of their names. */
  readonly list: readonly TranslatedRoute[];
}

/** For the successive states of one store. */
export interface Translator {
  (state: DesiredState): Translation;
  /** Another one with the same memory, that goes a way of its own from here on. */
  fork(): Translator;
}

export const createTranslator = (options: TranslateOptions): Translator =>
  translatorFrom(options, nothingYet);

const nothingYet: Memo = {
  services: noServices,
  routes: { byName: new Map(), list: [] },
  grpc: noGrpc,
  withoutSick: undefined,
  grpcSeen: noGrpc,
  gateways: noGateways,
  bundles: new Map(),
  inMotion: noneInMotion,
  raws: new Map(),
  rawBundles: [],
  shared: new Map(),
  forGrpc: new Map(),
  nodes: noNodes,
};

function translatorFrom(options: TranslateOptions, first: Memo): Translator {
  let memo = first;
  const translator = (state: DesiredState): Translation => {
    const { translation, next } = translate(state, options, memo);
    memo = next;
    return translation;
  };
  return Object.assign(translator, { fork: () => translatorFrom(options, memo) });
}

/**
 * Gateways whose listeners a node gets, sorted: those that select it, else the built-in one.
 */
export function gatewaysOf(translation: Translation, node: NodeSelection): readonly GatewayName[] {
  const { gateways, defaultGateway } = translation;
  const selected = [...gateways]
    .filter(([name, { gateway }]) => name !== defaultGateway && selects(gateway.nodeSelector, node))
    .map(([name]) => name);
  if (selected.length > 0) return selected.sort(compareText);
  return defaultGateway === undefined ? [] : [defaultGateway];
}

function translate(
  state: DesiredState,
  options: TranslateOptions,
  before: Memo,
): { readonly translation: Translation; readonly next: Memo } {
  const { limits = unlimited } = options;
  const inMotion = servicesInMotion(state, limits.layerServices, before.inMotion);
  const services = translateServices({ ...state, inMotion }, limits.subsets, before.services);
  const routes = translateRoutes(state.routes, services, limits, before.routes);
  const clients = forClients(services, routes.list, limits, before);
  const { grpc } = clients;
  const { defaultGateway } = options;
  const gateways = translateGateways(
    { state, defaultGateway, services, routes: routes.list, edgeMatchesMax: limits.edgeMatches },
    before.gateways,
  );
  const raws = translateRaws(
    state.rawResources,
    {
      services: services.byName,
      gateways: gateways.byName,
      secrets: state.secrets,
      others: grpc.others,
    },
    before.raws,
  );
  const bundles = new Map(
    [...gateways.byName].map(([name, gateway]) => [
      name,
      bundlesOf(gateway, raws.byGateway.get(name) ?? [], before.bundles.get(name)),
    ]),
  );
  const shared = sharedBundles(grpc, raws.shared, { ...before, made: before.shared });
  const forGrpc = seenBundles(clients, raws.shared, shared, before);
  const nodes = translateNodes(state.nodeSnapshots, before.nodes);
  const diagnostics = [
    ...services.diagnostics,
    ...routes.list.flatMap((route) => route.diagnostics),
    ...grpc.diagnostics,
    ...clients.withoutSick.diagnostics,
    ...gateways.diagnostics,
    ...laneDiagnostics(services.lanes, services.byName, gateways.edges.byGateway),
    ...rolloutDiagnostics(state.rollouts, services.byName),
    ...raws.diagnostics,
    ...nodes.diagnostics,
  ];
  const translation: Translation = {
    revision: state.revision,
    shared,
    forGrpc,
    services: grpc.services,
    raws: sameElements(raws.shared, before.rawBundles) ? before.rawBundles : raws.shared,
    secrets: gateways.secrets.resources,
    gateways: gatewayTranslations(gateways.byName, bundles),
    defaultGateway: gateways.builtIn,
    weights: {
      inMotion,
      splitOf: (name) => {
        const routing = services.byName.get(name)?.routing;
        return routing && splitKeys(routing);
      },
    },
    nodes: nodes.bundles,
    diagnostics: firstOfEachKey(diagnostics, limits.diagnosticsPerKey),
  };
  const memo = { raws: raws.memo, rawBundles: translation.raws, shared, forGrpc, nodes };
  return {
    translation,
    next: { services, routes, gateways, bundles, inMotion, ...clients, ...memo },
  };
}

interface ForClients {
  readonly grpc: TranslatedGrpc;
  readonly withoutSick: WithoutSick;
  readonly grpcSeen: TranslatedGrpc;
}

function forClients(
  services: TranslatedServices,
  routes: readonly TranslatedRoute[],
  limits: TranslateLimits,
  before: Memo,
): ForClients {
  const plain = { services, routes };
  const grpc = translateGrpc(plain, before.grpc);
  const made = withoutSick(plain, limits, before.withoutSick);
  const grpcSeen = made.services.size === 0 ? grpc : translateGrpc(made.seen, before.grpcSeen);
  return { grpc, withoutSick: made, grpcSeen };
}

function translateRoutes(
  routes: ReadonlyMap<string, HttpRoute>,
  services: TranslatedServices,
  { releaseRoutes }: TranslateLimits,
  before: TranslatedRoutes,
): TranslatedRoutes {
  const sorted = [...routes.values()].sort((a, b) => compareText(a.origin, b.origin));
  const list = sorted.map((route) => {
    const kept = before.byName.get(route.origin);
    const holds = kept?.route === route && stillHolds(kept, services.byName, services.inside);
    return holds ? kept : translateRoute(route, services.byName, services.inside, releaseRoutes);
  });
  if (sameElements(before.list, list)) return before;
  return { byName: new Map(list.map((each) => [each.route.origin, each])), list };
}

function sharedBundles(
  { services, others }: TranslatedGrpc,
  raws: readonly Bundle[],
  before: Pick<Memo, "grpc" | "rawBundles"> & { readonly made: ReadonlyMap<string, Bundle> },
): ReadonlyMap<string, Bundle> {
  const beside = [...others, ...raws];
  if (beside.length === 0) return services;
  const known = before.grpc.services === services && before.grpc.others === others;
  if (known && sameElements(raws, before.rawBundles)) return before.made;
  return joinedMap(services, new Map(beside.map((bundle) => [bundle.owner, bundle])));
}

function seenBundles(
  { grpc, grpcSeen }: ForClients,
  raws: readonly Bundle[],
  shared: ReadonlyMap<string, Bundle>,
  before: Memo,
): ReadonlyMap<string, Bundle> {
  if (grpcSeen === grpc) return shared;
  return sharedBundles(grpcSeen, raws, {
    ...before,
    grpc: before.grpcSeen,
    made: before.forGrpc,
  });
}

/** The first ones tell the story. */
function firstOfEachKey(diagnostics: readonly Diagnostic[], max: number): readonly Diagnostic[] {
  const told = new Map<string, number>();
  return diagnostics.filter(({ key }) => {
    const before = told.get(key) ?? 0;
    told.set(key, before + 1);
    return before < max;
  });
}

function bundlesOf(
  { gateway: { name }, resources, layered }: TranslatedGateway,
  raws: readonly Resource[],
  before: GatewayBundles | undefined,
): GatewayBundles {
  const bundle = bundleOf(name, [...resources, ...raws], before?.bundle);
  if (sameElements(resources, layered)) return { bundle, layered: bundle };
  return { bundle, layered: bundleOf(name, [...layered, ...raws], before?.layered) };
}

function bundleOf(
  name: GatewayName,
  resources: readonly Resource[],
  before: Bundle | undefined,
): Bundle {
  if (before !== undefined && sameElements(before.resources, resources)) return before;
  return { owner: `gateway/${name}`, resources };
}

function gatewayTranslations(
  gateways: ReadonlyMap<GatewayName, TranslatedGateway>,
  bundles: ReadonlyMap<GatewayName, GatewayBundles>,
): ReadonlyMap<GatewayName, GatewayTranslation> {
  const translations = new Map<GatewayName, GatewayTranslation>();
  for (const [name, { gateway }] of gateways) {
    const made = bundles.get(name);
    assert(made !== undefined, `gateway ${name} has no bundle`);
    translations.set(name, { gateway, ...made });
  }
  return translations;
}
