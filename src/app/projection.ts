/**
 * From the desired state to the views: translates, and applies the result to the view of every
 * group of gateways that some node is selected by, and of every node with a snapshot of its own.
 */
import type { Diagnostic } from "../lib/diagnostic.ts";
import type { DesiredState } from "../model/desired-state.ts";
import type { NodeIdentity } from "../model/gateway.ts";
import type { GatewayName } from "../model/names.ts";
import type { Bundle } from "../snapshot/bundle.ts";
import type { Bundles } from "../snapshot/bundle-diff.ts";
import { type ResourceChange, View, type ViewLimits } from "../snapshot/view.ts";
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
  nowMs(): number;
  readonly limits: ViewLimits & { readonly idleViews: number };
  /** Whether there may be a view more. */
  hasRoom(): boolean;
  /** Views that a proxy is connected for. */
  inUse(): ReadonlySet<View>;
  /** A view took a new state; `changes` may be empty. */
  onApplied(view: View, changes: readonly ResourceChange[]): void;
}

interface Group {
  readonly owner: ViewOwner;
  readonly view: View;
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
  readonly #options: ProjectionOptions;
  readonly #groups = new Map<string, Group>();
  #translation: Translation | undefined;

  constructor(options: ProjectionOptions) {
    this.#options = options;
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

  views(): readonly View[] {
    return [...this.#groups.values()].map(({ view }) => view);
  }

  /** Takes a new state; views in use are kept though their gateways may be gone. */
  update(state: DesiredState): { readonly selectionChanged: boolean } {
    const inUse = this.#options.inUse();
    const before = this.#translation;
    const translation = this.#options.translate(state);
    this.#translation = translation;
    for (const [key, group] of this.#groups) {
      const known = isThere(group.owner, translation);
      if (!known && !inUse.has(group.view)) this.#groups.delete(key);
      else this.#apply(group, translation);
    }
    return { selectionChanged: before === undefined || selectionDiffers(before, translation) };
  }

  /** The view of a proxy; undefined before the first state, `full` where there may be none more. */
  viewOf({ node }: { readonly node: NodeIdentity }): View | "full" | undefined {
    const translation = this.#translation;
    if (translation === undefined) return undefined;
    const owner = ownerOf(translation, node);
    const key = ownerKey(owner);
    const known = this.#groups.get(key);
    if (known !== undefined) return known.view;
    if (!this.#options.hasRoom()) return "full";
    this.#forgetIdle();
    const group: Group = {
      owner,
      view: new View(key, this.#options.limits),
      composed: { from: [], bundles: [], diagnostics: [] },
      scope: undefined,
      secrets: undefined,
      bundles: { parts: [], all: new Map() },
    };
    this.#groups.set(key, group);
    this.#apply(group, translation);
    return group.view;
  }

  /** Makes room for one view more: the oldest that nobody sees go first. */
  #forgetIdle(): void {
    const most = this.#options.limits.idleViews - 1;
    if (this.#groups.size <= most) return;
    const inUse = this.#options.inUse();
    const idle = [...this.#groups].filter(([, { view }]) => !inUse.has(view));
    for (const [key] of idle.slice(0, Math.max(0, idle.length - most))) this.#groups.delete(key);
  }

  #apply(group: Group, translation: Translation): void {
    const { owner } = group;
    const bundles =
      owner.kind === "node"
        ? nodeBundles(translation, owner.id)
        : compose(group, owner, translation);
    const changes = group.view.apply(translation.revision, bundles, this.#options.nowMs());
    this.#options.onApplied(group.view, changes);
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
