/**
 * From the desired state to the snapshot cache: translates, and sets the snapshot of every group of
 * gateways that some node is selected by, and of every node with a snapshot of its own.
 */
import {
  type ConnectedProxy,
  type Progress,
  SnapshotCache,
  type SnapshotCacheOptions,
} from "../index.ts";
import type { Diagnostic } from "../lib/diagnostic.ts";
import type { DesiredState } from "../model/desired-state.ts";
import type { GatewayName, ServiceName } from "../model/names.ts";
import type { Bundle } from "../snapshot/bundle.ts";
import type { Bundles } from "../snapshot/bundle-diff.ts";
import { typeUrls } from "../snapshot/type-url.ts";
import { sameElements } from "../translate/equal.ts";
import { indexedMap, joinedMap } from "../translate/layered-map.ts";
import type { GatewayTranslation, Translation } from "../translate/translate.ts";
import { weightsLayer } from "../translate/weights/runtime.ts";
import { type GatewayGroup, groupGateways, regrouped } from "./gateway-group.ts";
import {
  isThere,
  nodeBundles,
  nodesDiffer,
  ownerKey,
  ownerOf,
  type ViewOwner,
} from "./node-view.ts";
import { withLoadReports } from "./reporting-clusters.ts";
import {
  type Scope,
  type SecretScope,
  type ServiceBundles,
  scopeOf,
  secretsIn,
} from "./view-scope.ts";
import {
  type LingerTimes,
  lingeringFrom,
  nextLayer,
  type ProgressOf,
  sweptLayer,
  type WeightsLayer,
  withLingering,
} from "./weights-layer.ts";

export interface ProjectionOptions {
  translate(state: DesiredState): Translation;
  /** Monotonic. */
  nowMs(): number;
  readonly cache: Omit<SnapshotCacheOptions, "groupOf" | "onMissing" | "onForgotten" | "onMoved">;
}

interface Group {
  readonly owner: ViewOwner;
  /** Of proxies with the layer `weights`; undefined: of those without. */
  layer: WeightsLayer | undefined;
  composed: ComposedGateways;
  /** Of a view that does not hold everything. */
  scope: Scope | undefined;
  secrets: SecretScope | undefined;
  bundles: Composed;
  /** As the cache has it. */
  inForce: Bundles;
}

interface ComposedGateways extends GatewayGroup {
  readonly from: readonly GatewayTranslation[];
}

interface Composed {
  /** Parts of the view, by which it is told whether it is the same as before. */
  readonly parts: readonly unknown[];
  readonly all: Bundles;
}

export class Projection {
  readonly cache: SnapshotCache;
  readonly #translate: ProjectionOptions["translate"];
  readonly #nowMs: () => number;
  readonly #groups = new Map<string, Group>();
  #translation: Translation | undefined;

  constructor(options: ProjectionOptions) {
    this.#translate = options.translate;
    this.#nowMs = options.nowMs;
    this.cache = new SnapshotCache({
      ...options.cache,
      groupOf: (proxy) => this.#groupOf(proxy),
      onMissing: (key, proxy) => this.#begin(key, proxy),
      onMoved: (from, to) => this.#moved(from, to),
      onForgotten: (key) => this.#groups.delete(key),
    });
  }

  get revision(): bigint | undefined {
    return this.#translation?.revision;
  }

  get translation(): Translation | undefined {
    return this.#translation;
  }

  get diagnostics(): readonly Diagnostic[] {
    const own = this.#translation?.diagnostics ?? [];
    // Two groups may have the same clash: it is told once.
    const clashes = new Map<string, Diagnostic>();
    for (const { composed } of this.#groups.values()) {
      for (const one of composed.diagnostics) clashes.set(`${one.key} ${one.message}`, one);
    }
    return [...own, ...clashes.values()];
  }

  /** Takes a new state; groups in use are kept though their gateways may be gone. */
  update(state: DesiredState): {
    readonly selectionChanged: boolean;
    /** When all was translated, and setting snapshots began. */
    readonly translatedMs: number;
  } {
    const inUse = this.cache.groupsInUse();
    const before = this.#translation;
    const translation = this.#translate(state);
    this.#translation = translation;
    const translatedMs = this.#nowMs();
    for (const [key, group] of this.#groups) {
      if (isThere(group.owner, translation) || inUse.has(key)) this.#set(key, group, translation);
      else {
        this.#groups.delete(key);
        this.cache.clear(key);
      }
    }
    const selectionChanged = before === undefined || selectionDiffers(before, translation);
    return { selectionChanged, translatedMs };
  }

  /** The store went on, and the desired state is the same: there is nothing to translate. */
  advance(revision: bigint): void {
    if (this.#translation === undefined) return;
    this.#translation = { ...this.#translation, revision };
    for (const [key, { inForce }] of this.#groups) {
      this.cache.setSnapshot(key, { bundles: inForce, revision });
    }
  }

  /** Undefined before the first state. */
  #groupOf({ node, layers }: ConnectedProxy): string | undefined {
    if (this.#translation === undefined) return undefined;
    const key = ownerKey(ownerOf(this.#translation, node));
    return layers.has(weightsLayer) ? `${weightsLayer}:${key}` : key;
  }

  /** The first proxy of a group has come. */
  #begin(key: string, { node, layers }: ConnectedProxy): void {
    const translation = this.#translation;
    if (translation === undefined) return;
    const owner = ownerOf(translation, node);
    const group: Group = {
      owner,
      layer: layers.has(weightsLayer) ? noLayer : undefined,
      composed: { from: [], bundles: [], diagnostics: [] },
      scope: undefined,
      secrets: undefined,
      bundles: { parts: [], all: new Map() },
      inForce: new Map(),
    };
    this.#groups.set(key, group);
    this.#set(key, group, translation);
  }

  #set(key: string, group: Group, translation: Translation): void {
    const { owner } = group;
    const { revision } = translation;
    const bundles =
      owner.kind === "node"
        ? ofNode(group, owner.id, translation)
        : compose(group, owner, translation);
    group.inForce = bundles;
    this.cache.setSnapshot(key, { bundles, revision });
    const view = this.cache.snapshot(key);
    if (group.layer === undefined || group.layer.lingering.size === 0 || view === undefined) return;
    group.layer = lingeringFrom(group.layer, {
      sinceMs: this.#nowMs(),
      listenerGeneration: view.table(typeUrls.listener).generation,
      routeGeneration: view.table(typeUrls.route).generation,
    });
  }

  /** Whether there are keys in a layer that are to go. */
  get lingers(): boolean {
    return [...this.#groups.values()].some(({ layer }) => (layer?.lingering.size ?? 0) > 0);
  }

  /** Lets go of keys whose time has come. */
  sweepLayers(
    progressOf: (group: string, ...of: Parameters<ProgressOf>) => Progress,
    times: LingerTimes,
  ): void {
    for (const [key, group] of this.#groups) {
      const ask: ProgressOf = (typeUrl, generation) => progressOf(key, typeUrl, generation);
      this.#relayer(key, group, (layer) => sweptLayer(layer, ask, this.#nowMs(), times));
    }
  }

  /** Proxies pass from one group to the other, and may go on with routes of the first for a while. */
  #moved(from: string, to: string): void {
    const left = this.#groups.get(from)?.layer;
    const group = this.#groups.get(to);
    if (left === undefined || group === undefined) return;
    this.#relayer(to, group, (layer) => withLingering(layer, left));
  }

  #relayer(key: string, group: Group, change: (layer: WeightsLayer) => WeightsLayer): void {
    if (group.layer === undefined || this.#translation === undefined) return;
    const { bundle } = group.layer;
    group.layer = change(group.layer);
    if (group.layer.bundle !== bundle) this.#set(key, group, this.#translation);
  }
}

/** Updates what `group` remembers; what is the same as before is the same map. */
function compose(
  group: Group,
  { names, everything }: Extract<ViewOwner, { readonly kind: "gateways" }>,
  translation: Translation,
): Bundles {
  group.composed = composedOf(names, translation, group);
  const roots = [...translation.raws, ...group.composed.bundles];
  if (!everything) {
    group.scope = scopeOf(translation.services, roots, group.scope);
  }
  const services = group.scope?.kept ?? translation.services;
  // Whoever sees everything asks for services by name, in clear: no key of theirs is for it.
  const users = group.scope?.kept ?? noServices;
  group.secrets = secretsIn(roots, users, translation.secrets, group.secrets);
  const { bundle: secrets } = group.secrets;
  // A scope has the weights themselves.
  const routed = group.scope?.routed;
  const layer = layerBundles(group, translation, (name) => routed?.has(`service/${name}`) ?? true);
  const own = [...group.composed.bundles, ...(secrets === undefined ? [] : [secrets]), ...layer];
  const base = everything ? translation.forGrpc : services;
  const beside = everything ? own : [...translation.raws, ...own];
  const parts = [base, ...beside];
  if (!sameElements(group.bundles.parts, parts)) {
    const seen = everything ? withLoadReports(base) : base;
    group.bundles = { parts, all: joinedMap(seen, byOwner(beside)) };
  }
  return group.bundles.all;
}

/** Whoever has the layer gets it, though it be empty: Envoy would wait for it. */
function layerBundles(
  group: Group,
  { weights }: Translation,
  isNamed: (service: ServiceName) => boolean,
): readonly Bundle[] {
  if (group.layer === undefined) return [];
  group.layer = nextLayer(weights, isNamed, group.layer);
  return [group.layer.bundle];
}

/** A snapshot may have a layer of its own. */
function ofNode(group: Group, id: string, translation: Translation): Bundles {
  const own = nodeBundles(translation, id);
  const hasLayer = [...own.values()].some(({ resources }) =>
    resources.some(({ typeUrl, name }) => typeUrl === typeUrls.runtime && name === weightsLayer),
  );
  if (hasLayer) return own;
  return joinedMap(own, byOwner(layerBundles(group, translation, () => false)));
}

const noLayer: WeightsLayer = {
  moving: new Map(),
  lingering: new Map(),
  bundle: { owner: "layer/weights", resources: [] },
};

const noServices: ServiceBundles = indexedMap(new Map());

function composedOf(
  names: readonly GatewayName[],
  { gateways }: Translation,
  { composed: before, layer }: Pick<Group, "composed" | "layer">,
): ComposedGateways {
  const from = names.flatMap((name): GatewayTranslation | readonly [] => {
    const found = gateways.get(name);
    if (found === undefined) return [];
    return layer === undefined ? found : { ...found, bundle: found.layered };
  });
  const isSame = ({ gateway, bundle }: GatewayTranslation, at: number): boolean =>
    before.from[at]?.gateway === gateway && before.from[at]?.bundle === bundle;
  if (from.length === before.from.length && from.every(isSame)) return before;
  return { from, ...(regrouped(from, before) ?? groupGateways(from, before.bundles)) };
}

const byOwner = (bundles: readonly Bundle[]): Bundles =>
  new Map(bundles.map((bundle) => [bundle.owner, bundle]));

/** Whether a node may be selected by other gateways than before, or have its own snapshot. */
function selectionDiffers(before: Translation, after: Translation): boolean {
  if (nodesDiffer(before, after)) return true;
  if (before.gateways.size !== after.gateways.size) return true;
  for (const [name, { gateway }] of after.gateways) {
    if (before.gateways.get(name)?.gateway.nodeSelector !== gateway.nodeSelector) return true;
  }
  return before.defaultGateway !== after.defaultGateway;
}
