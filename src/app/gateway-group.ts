/**
 * The gateways that select the same node, put together. Each is sound for itself, but two of them
 * may want the same socket or the same name, which Envoy would refuse again and again: the first
 * gateway by name has it, and the other's listener or resource is left out for these nodes.
 */
import type { Diagnostic } from "../lib/diagnostic.ts";
import type { GatewayListener } from "../model/gateway.ts";
import type { Bundle } from "../snapshot/bundle.ts";
import type { Resource } from "../snapshot/resource.ts";
import { type TypeUrl, typeUrls } from "../snapshot/type-url.ts";
import { gatewayListenerName } from "../translate/names.ts";
import { socketOfListener } from "../translate/raw/sockets.ts";
import type { GatewayTranslation } from "../translate/translate.ts";

export interface GatewayGroup {
  /** Names are unique over all of them. */
  readonly bundles: readonly Bundle[];
  readonly diagnostics: readonly Diagnostic[];
}

/** `gateways` sorted by name; `before`: the bundles of last time, kept where nothing differs. */
export function groupGateways(
  gateways: readonly GatewayTranslation[],
  before: readonly Bundle[],
): GatewayGroup {
  const taken = new Map<string, string>();
  const diagnostics: Diagnostic[] = [];
  const bundles = gateways.map((each) => {
    const sockets = socketsOf(each);
    const left = new Set<string>();
    for (const resource of each.bundle.resources) {
      const problem = clash(each, resource, { taken, sockets });
      if (problem === undefined) continue;
      left.add(keyOf(resource));
      if (resource.typeUrl === typeUrls.listener && sockets.has(resource.name)) {
        left.add(nameKey(typeUrls.route, resource.name));
      }
      diagnostics.push(problem);
    }
    const kept = each.bundle.resources.filter((resource) => !left.has(keyOf(resource)));
    claim(each, kept, { taken, sockets });
    return bundleOf(each.bundle, kept, before);
  });
  return { bundles, diagnostics };
}

interface Claims {
  /** Name of the gateway, by socket or by type and name. */
  readonly taken: Map<string, string>;
  /** The listeners of the gateway at hand, by the name of their resource. */
  readonly sockets: ReadonlyMap<string, GatewayListener>;
}

const nameKey = (typeUrl: TypeUrl, name: string): string => `${typeUrl} ${name}`;
const keyOf = ({ typeUrl, name }: Resource): string => nameKey(typeUrl, name);

/** A raw listener says itself where it listens. */
function socketsWanted(
  resource: Resource,
  listener: GatewayListener | undefined,
): readonly string[] {
  if (resource.typeUrl !== typeUrls.listener) return [];
  return listener === undefined ? resource.sockets : [socketOfListener(listener)];
}

function socketsOf({ gateway }: GatewayTranslation): ReadonlyMap<string, GatewayListener> {
  const { name, listeners } = gateway;
  // The first of two listeners of one name is the one that is served.
  return new Map(
    listeners.toReversed().map((each) => [gatewayListenerName(name, each.name), each]),
  );
}

function clash(
  { gateway }: GatewayTranslation,
  resource: Resource,
  { taken, sockets }: Claims,
): Diagnostic | undefined {
  const base = { severity: "error", revision: 0n, path: "" } as const;
  const named = taken.get(keyOf(resource));
  if (named !== undefined) {
    const key = resource.origins[0] ?? gateway.origin;
    const message = `gateway ${named}, which selects some of the same nodes, has a resource ${resource.name} of this type; this one is left out for them`;
    return { ...base, code: "NAME_CLASH", key, message };
  }
  const listener = sockets.get(resource.name);
  const at = socketsWanted(resource, listener).find((socket) => taken.has(socket));
  if (at === undefined) return undefined;
  const name = listener?.name ?? resource.name;
  const message = `listener ${name} at ${at} clashes with gateway ${taken.get(at)}, which selects some of the same nodes; it is left out for them`;
  const key = listener === undefined ? resource.origins[0] : undefined;
  return { ...base, code: "LISTENER_CLASH", key: key ?? gateway.origin, message };
}

function claim(
  { gateway }: GatewayTranslation,
  resources: readonly Resource[],
  { taken, sockets }: Claims,
): void {
  for (const resource of resources) {
    taken.set(keyOf(resource), gateway.name);
    for (const socket of socketsWanted(resource, sockets.get(resource.name))) {
      taken.set(socket, gateway.name);
    }
  }
}

function bundleOf(bundle: Bundle, kept: readonly Resource[], before: readonly Bundle[]): Bundle {
  if (kept.length === bundle.resources.length) return bundle;
  const last = before.find(({ owner }) => owner === bundle.owner);
  const same =
    last?.resources.length === kept.length && last.resources.every((each, i) => each === kept[i]);
  return same ? last : { owner: bundle.owner, resources: kept };
}
