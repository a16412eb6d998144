/**
 * From the desired state to the snapshot cache: translates, and sets the snapshot of every group of
 * gateways that some node is selected by, and of every node with a snapshot of its own.
 */
import { type ConnectedProxy, SnapshotCache, type SnapshotCacheOptions } from "../index.ts";
import type { Diagnostic } from "../lib/diagnostic.ts";
import type { DesiredState } from "../model/desired-state.ts";
import type { GatewayName } from "../model/names.ts";
import type { Bundle } from "../snapshot/bundle.ts";
import type { Bundles } from "../snapshot/bundle-diff.ts";
import { sameElements } from "../translate/equal.ts";
import { indexedMap, joinedMap } from "../translate/layered-map.ts";
import type { GatewayTranslation, Translation } from "../translate/translate.ts";
import { type GatewayGroup, groupGateways } from "./gateway-group.ts";
import {
  isThere,
  nodeBundles,
  nodesDiffer,
  ownerKey,
  ownerOf,
  type ViewOwner,
} from "./node-view.ts";
import {
  type Scope,
  type SecretScope,
  type ServiceBundles,
  scopeOf,
  secretsIn,
} from "./view-scope.ts";

export interface ProjectionOptions {
  translate(state: DesiredState): Translation;
  readonly cache: Omit<SnapshotCacheOptions, "groupOf" | "onMissing" | "onForgotten">;
}

interface Group {
  readonly owner: ViewOwner;
  composed: ComposedGateways;
  /** Of a view that does not hold everything. */
  scope: Scope | undefined;
  secrets: SecretScope | undefined;
  bundles: Composed;
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
  readonly #groups = new Map<string, Group>();
  #translation: Translation | undefined;

  constructor(options: ProjectionOptions) {
    this.#translate = options.translate;
    this.cache = new SnapshotCache({
      ...options.cache,
      groupOf: (proxy) => this.#groupOf(proxy),
      onMissing: (_, proxy) => this.#begin(proxy),
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
  update(state: DesiredState): { readonly selectionChanged: boolean } {
    const inUse = this.cache.groupsInUse();
    const before = this.#translation;
    const translation = this.#translate(state);
    this.#translation = translation;
    for (const [key, group] of this.#groups) {
      if (isThere(group.owner, translation) || inUse.has(key)) this.#set(key, group, translation);
      else {
        this.#groups.delete(key);
        this.cache.clear(key);
      }
    }
    return { selectionChanged: before === undefined || selectionDiffers(before, translation) };
  }

  /** Undefined before the first state. */
  #groupOf({ node }: ConnectedProxy): string | undefined {
    return this.#translation && ownerKey(ownerOf(this.#translation, node));
  }

  /** The first proxy of a group has come. */
  #begin({ node }: ConnectedProxy): void {
    const translation = this.#translation;
    if (translation === undefined) return;
    const owner = ownerOf(translation, node);
    const group: Group = {
      owner,
      composed: { from: [], bundles: [], diagnostics: [] },
      scope: undefined,
      secrets: undefined,
      bundles: { parts: [], all: new Map() },
    };
    const key = ownerKey(owner);
    this.#groups.set(key, group);
    this.#set(key, group, translation);
  }

  #set(key: string, group: Group, translation: Translation): void {
    const { owner } = group;
    const { revision } = translation;
    const bundles =
      owner.kind === "node"
        ? nodeBundles(translation, owner.id)
        : compose(group, owner, translation);
    this.cache.setSnapshot(key, { bundles, revision });
  }
}

/** Updates what `group` remembers; what is the same as before is the same map. */
function compose(
  group: Group,
  { names, everything }: Extract<ViewOwner, { readonly kind: "gateways" }>,
  translation: Translation,
): Bundles {
  group.composed = composedOf(names, translation, group.composed);
  const roots = [...translation.raws, ...group.composed.bundles];
  if (!everything) {
    const resources = roots.flatMap((bundle) => bundle.resources);
    group.scope = scopeOf(translation.services, resources, group.scope);
  }
  const services = group.scope?.kept ?? translation.services;
  // Whoever sees everything asks for services by name, in clear: no key of theirs is for it.
  const users = group.scope?.kept ?? noServices;
  group.secrets = secretsIn(roots, users, translation.secrets, group.secrets);
  const { bundle: secrets } = group.secrets;
  const own = [...group.composed.bundles, ...(secrets === undefined ? [] : [secrets])];
  const base = everything ? translation.shared : services;
  const beside = everything ? own : [...translation.raws, ...own];
  const parts = [base, ...beside];
  if (!sameElements(group.bundles.parts, parts)) {
    group.bundles = { parts, all: joinedMap(base, byOwner(beside)) };
  }
  return group.bundles.all;
}

const noServices: ServiceBundles = indexedMap(new Map());

function composedOf(
  names: readonly GatewayName[],
  { gateways }: Translation,
  before: ComposedGateways,
): ComposedGateways {
  const from = names.map((name) => gateways.get(name)).filter((gateway) => gateway !== undefined);
  const isSame = ({ gateway, bundle }: GatewayTranslation, at: number): boolean =>
    before.from[at]?.gateway === gateway && before.from[at]?.bundle === bundle;
  if (from.length === before.from.length && from.every(isSame)) return before;
  return { from, ...groupGateways(from, before.bundles) };
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
