/**
 * The gateways that select the same node, put together. Each is sound for itself, but two of them
 * may want the same socket or the same name, which Envoy would refuse again and again: the gateway
 * that was created first has it, so that no new one takes a live port away, and the other's listener
 * or resource is left out for these nodes.
 */
import { compareText } from "../lib/compare-text.ts";
import type { Diagnostic } from "../lib/diagnostic.ts";
import type { Bundle } from "../snapshot/bundle.ts";
import type { Resource } from "../snapshot/resource.ts";
import { listenerOfScope } from "../snapshot/scopes.ts";
import { type TypeUrl, typeUrls } from "../snapshot/type-url.ts";
import { sameElements } from "../translate/equal.ts";
import type { GatewayTranslation } from "../translate/translate.ts";

export interface GatewayGroup {
  /** Names are unique over all of them. */
  readonly bundles: readonly Bundle[];
  readonly diagnostics: readonly Diagnostic[];
}

/** `before`: the bundles of last time, kept where nothing differs. */
export function groupGateways(
  gateways: readonly GatewayTranslation[],
  before: readonly Bundle[],
): GatewayGroup {
  // Within one gateway nothing clashes, and it may have 10,000 scopes.
  if (gateways.length === 1) {
    return { bundles: gateways.map(({ bundle }) => bundle), diagnostics: [] };
  }
  const taken: Taken = new Map();
  const diagnostics: Diagnostic[] = [];
  const bundles = gateways.toSorted(olderFirst).map((each) => {
    const left = new Set<string>();
    const listenersLeft = new Set<string>();
    for (const resource of each.bundle.resources) {
      const problem = clash(each, resource, taken);
      if (problem === undefined) continue;
      left.add(keyOf(resource));
      for (const name of ownRoutes(each, resource)) left.add(nameKey(typeUrls.route, name));
      if (resource.typeUrl === typeUrls.listener) listenersLeft.add(resource.name);
      diagnostics.push(problem);
    }
    const isLeft = (resource: Resource): boolean =>
      left.has(keyOf(resource)) || isScopeOf(listenersLeft, resource);
    const kept =
      left.size === 0
        ? each.bundle.resources
        : each.bundle.resources.filter((resource) => !isLeft(resource));
    claim(each, kept, taken);
    return bundleOf(each.bundle, kept, before);
  });
  return { bundles, diagnostics };
}

/**
 * The same gateways with other content of the same names and sockets: where nothing clashed then,
 * nothing does now. undefined: it has to be looked at.
 */
export function regrouped(
  gateways: readonly GatewayTranslation[],
  before: GatewayGroup & { readonly from: readonly GatewayTranslation[] },
): GatewayGroup | undefined {
  if (before.diagnostics.length > 0 || before.from.length !== gateways.length) return undefined;
  const replaced = new Map<Bundle, Bundle>();
  for (const [at, { gateway, bundle }] of gateways.entries()) {
    const last = before.from[at];
    if (last?.gateway !== gateway) return undefined;
    if (last.bundle === bundle) continue;
    if (!claimsTheSame(last.bundle, bundle)) return undefined;
    replaced.set(last.bundle, bundle);
  }
  const bundles = before.bundles.map((bundle) => replaced.get(bundle) ?? bundle);
  return { bundles, diagnostics: before.diagnostics };
}

function claimsTheSame({ resources: a }: Bundle, { resources: b }: Bundle): boolean {
  const isAlike = (one: Resource, other: Resource | undefined): boolean =>
    one === other ||
    (one.typeUrl === other?.typeUrl &&
      one.name === other.name &&
      sameElements(one.sockets, other.sockets));
  return a.length === b.length && a.every((one, at) => isAlike(one, b[at]));
}

/** Those of one revision, which one transaction created, go by name. */
function olderFirst(a: GatewayTranslation, b: GatewayTranslation): number {
  const [first, second] = [a.gateway, b.gateway];
  if (first.createRevision === second.createRevision) return compareText(first.name, second.name);
  return first.createRevision < second.createRevision ? -1 : 1;
}

/** Name of the gateway, by socket or by type and name. */
type Taken = Map<string, string>;

const nameKey = (typeUrl: TypeUrl, name: string): string => `${typeUrl} ${name}`;
const keyOf = ({ typeUrl, name }: Resource): string => nameKey(typeUrl, name);
const socketKey = (socket: string): string => `socket ${socket}`;

/** Not a raw resource, which has a store key of its own. */
const isGenerated = ({ gateway }: GatewayTranslation, { origins }: Resource): boolean =>
  origins[0] === gateway.origin;

/** Route configurations that nobody but this listener fetches. */
const ownRoutes = (each: GatewayTranslation, resource: Resource): readonly string[] =>
  resource.typeUrl === typeUrls.listener && isGenerated(each, resource) ? resource.references : [];

const isScopeOf = (listeners: ReadonlySet<string>, { typeUrl, name }: Resource): boolean =>
  typeUrl === typeUrls.scopedRoute && listeners.has(listenerOfScope(name));

function clash(
  { gateway }: GatewayTranslation,
  resource: Resource,
  taken: Taken,
): Diagnostic | undefined {
  const base = { severity: "error", revision: 0n, path: "" } as const;
  const key = resource.origins[0] ?? gateway.origin;
  const named = taken.get(keyOf(resource));
  if (named !== undefined) {
    const message = `gateway ${named}, which selects some of the same nodes, has a resource ${resource.name} of this type; this one is left out for them`;
    return { ...base, code: "NAME_CLASH", key, message };
  }
  for (const socket of resource.sockets) {
    const owner = taken.get(socketKey(socket));
    if (owner === undefined) continue;
    const message = `listener ${resource.name} at ${socket} clashes with gateway ${owner}, which selects some of the same nodes; it is left out for them`;
    return { ...base, code: "LISTENER_CLASH", key, message };
  }
  return undefined;
}

function claim(
  { gateway }: GatewayTranslation,
  resources: readonly Resource[],
  taken: Taken,
): void {
  for (const resource of resources) {
    taken.set(keyOf(resource), gateway.name);
    for (const socket of resource.sockets) taken.set(socketKey(socket), gateway.name);
  }
}

function bundleOf(bundle: Bundle, kept: readonly Resource[], before: readonly Bundle[]): Bundle {
  if (kept.length === bundle.resources.length) return bundle;
  const last = before.find(({ owner }) => owner === bundle.owner);
  const same =
    last?.resources.length === kept.length && last.resources.every((each, i) => each === kept[i]);
  return same ? last : { owner: bundle.owner, resources: kept };
}
