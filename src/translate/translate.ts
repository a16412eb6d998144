/**
 * The desired state as Envoy resources. Pure but for a memory of the last translation, by which what
 * did not change keeps its bundles, and work follows the size of the change.
 */
import { assert } from "../lib/assert.ts";
import type { Diagnostic } from "../lib/diagnostic.ts";
import type { DesiredState } from "../model/desired-state.ts";
import { type Gateway, type NodeIdentity, selects } from "../model/gateway.ts";
import type { GatewayName, RouteName, ServiceName } from "../model/names.ts";
import type { HttpRoute } from "../model/route.ts";
import type { Bundle } from "../snapshot/bundle.ts";
import type { Resource } from "../snapshot/resource.ts";
import { sameElements, type VirtualHostMemo, virtualHostsOf } from "./attach.ts";
import { type TranslatedGateway, translateGateway } from "./gateway.ts";
import { compareText } from "./names.ts";
import { type RawMemo, translateRaws } from "./raws.ts";
import { stillHolds, type TranslatedRoute, translateRoute } from "./route.ts";
import type { TranslatedService } from "./service.ts";
import { serviceHosts, translateServices } from "./services.ts";

export interface Translation {
  readonly revision: bigint;
  /**
   * For every proxy: clusters, load assignments, gRPC listeners and their route configurations, raw
   * resources of `*`. By owner.
   */
  readonly shared: ReadonlyMap<string, Bundle>;
  /** Socket listeners, route configurations and raw resources of each gateway, the built-in one too. */
  readonly gateways: ReadonlyMap<GatewayName, GatewayTranslation>;
  /** The built-in gateway; undefined where there is none, or an object of the same name. */
  readonly defaultGateway: GatewayName | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

export interface GatewayTranslation {
  readonly gateway: Gateway;
  readonly bundle: Bundle;
}

export interface TranslateOptions {
  /** For the nodes that no other gateway selects. */
  readonly defaultGateway: Gateway | undefined;
}

/** What is kept from one translation to the next. */
interface Memo {
  readonly services: ReadonlyMap<ServiceName, TranslatedService>;
  readonly routes: ReadonlyMap<RouteName, TranslatedRoute>;
  readonly virtualHosts: VirtualHostMemo;
  readonly gateways: ReadonlyMap<GatewayName, TranslatedGateway>;
  readonly bundles: ReadonlyMap<GatewayName, Bundle>;
  readonly raws: RawMemo;
}

/** The returned function is for the successive states of one store. */
export function createTranslator(options: TranslateOptions): (state: DesiredState) => Translation {
  let memo: Memo = {
    services: new Map(),
    routes: new Map(),
    virtualHosts: new Map(),
    gateways: new Map(),
    bundles: new Map(),
    raws: new Map(),
  };
  return (state) => {
    const { translation, next } = translate(state, options, memo);
    memo = next;
    return translation;
  };
}

/**
 * Gateways whose listeners a node gets, sorted: those that select it, else the built-in one.
 */
export function gatewaysOf(translation: Translation, node: NodeIdentity): readonly GatewayName[] {
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
  const services = translateServices(state.services, state.routes.values(), before.services);
  const routes = translateRoutes(state.routes, services, before.routes);
  const { hosts, diagnostics: clashes } = serviceHosts(services);
  const virtualHosts: VirtualHostMemo = new Map();
  const hostsOf = once((hostname: string | undefined) =>
    virtualHostsOf(
      hostname,
      { services: hosts, routes: [...routes.values()] },
      before.virtualHosts,
      virtualHosts,
    ),
  );
  const { wanted, builtIn } = allGateways(state.gateways, options.defaultGateway);
  const gateways = new Map(
    wanted.map((gateway) => [
      gateway.name,
      translateGateway(gateway, hostsOf, before.gateways.get(gateway.name)),
    ]),
  );
  const raws = translateRaws(state.rawResources, { services, gateways }, before.raws);
  const bundles = new Map(
    [...gateways].map(([name, { resources }]) => [
      name,
      bundleOf(name, [...resources, ...(raws.byGateway.get(name) ?? [])], before.bundles.get(name)),
    ]),
  );
  const translation: Translation = {
    revision: state.revision,
    shared: sharedBundles(services, raws.shared),
    gateways: gatewayTranslations(gateways, bundles),
    defaultGateway: builtIn,
    diagnostics: [
      ...[...services.values()].flatMap(({ diagnostics }) => diagnostics),
      ...clashes,
      ...[...routes.values()].flatMap(({ diagnostics }) => diagnostics),
      ...[...gateways.values()].flatMap(({ diagnostics }) => diagnostics),
      ...raws.diagnostics,
    ],
  };
  return {
    translation,
    next: { services, routes, virtualHosts, gateways, bundles, raws: raws.memo },
  };
}

function translateRoutes(
  routes: ReadonlyMap<RouteName, HttpRoute>,
  services: ReadonlyMap<ServiceName, TranslatedService>,
  before: ReadonlyMap<RouteName, TranslatedRoute>,
): ReadonlyMap<RouteName, TranslatedRoute> {
  const sorted = [...routes.values()].sort((a, b) => compareText(a.name, b.name));
  return new Map(
    sorted.map((route) => {
      const kept = before.get(route.name);
      const holds = kept?.route === route && stillHolds(kept, services);
      return [route.name, holds ? kept : translateRoute(route, services)];
    }),
  );
}

/** An object of the name of the built-in gateway takes its place, and its own selector counts. */
function allGateways(
  gateways: ReadonlyMap<GatewayName, Gateway>,
  defaultGateway: Gateway | undefined,
): { readonly wanted: readonly Gateway[]; readonly builtIn: GatewayName | undefined } {
  const wanted = [...gateways.values()].sort((a, b) => compareText(a.name, b.name));
  if (defaultGateway === undefined || gateways.has(defaultGateway.name)) {
    return { wanted, builtIn: undefined };
  }
  return { wanted: [...wanted, defaultGateway], builtIn: defaultGateway.name };
}

function sharedBundles(
  services: ReadonlyMap<ServiceName, TranslatedService>,
  raws: readonly Bundle[],
): ReadonlyMap<string, Bundle> {
  const shared = new Map<string, Bundle>();
  for (const { bundle } of services.values()) shared.set(bundle.owner, bundle);
  for (const bundle of raws) shared.set(bundle.owner, bundle);
  return shared;
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
  bundles: ReadonlyMap<GatewayName, Bundle>,
): ReadonlyMap<GatewayName, GatewayTranslation> {
  const translations = new Map<GatewayName, GatewayTranslation>();
  for (const [name, { gateway }] of gateways) {
    const bundle = bundles.get(name);
    assert(bundle !== undefined, `gateway ${name} has no bundle`);
    translations.set(name, { gateway, bundle });
  }
  return translations;
}

/** Every listener of the same hostname has the same virtual hosts. */
function once<K, V>(make: (key: K) => V): (key: K) => V {
  const made = new Map<K, V>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const value = make(key);
    made.set(key, value);
    return value;
  };
}
