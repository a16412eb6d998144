/** What is served, as explain looks at it: resources by type and name, decoded when asked for. */

import type { Diagnostic } from "../lib/diagnostic.ts";
import { decodeAny, decodeMessage } from "../proto/decode.ts";
import type { MessageOf } from "../proto/messages.ts";
import type { Resource } from "../snapshot/resource.ts";
import { type TypeUrl, typeUrls } from "../snapshot/type-url.ts";
import { isKey } from "./scopes.ts";

export interface ExplainSource {
  /** Store revision that it reflects. */
  readonly revision: bigint;
  /** In the order of their names; the built-in one last. */
  readonly gateways: readonly GatewayResources[];
  /** What every proxy gets. */
  readonly shared: Iterable<Resource>;
  /** Of the objects behind it; empty where none are at hand. */
  readonly diagnostics: readonly Diagnostic[];
  /** The routes of the store, attached or not. Asked for only where no virtual host is found. */
  routes(): Iterable<NamedRoute>;
}

export interface NamedRoute {
  readonly hostnames: readonly string[];
  /** Store key. */
  readonly origin: string;
}

export interface GatewayResources {
  readonly name: string;
  readonly resources: readonly Resource[];
  /** Whether only those get it whom no other gateway selects, and there are other gateways. */
  readonly forTheRest: boolean;
}

/** The resources that one proxy may ask for. */
export interface Served {
  find<T extends Kind>(type: T, name: string): Found<T> | undefined;
  /** The scope that has this key. */
  scope(key: readonly string[]): Found<"scope"> | undefined;
  /** Scopes of a listener that lead to a service. */
  scopesTo(listener: string, service: string): Iterable<Found<"scope">>;
  /** Those of its own, without what stands behind. */
  listeners(): readonly Found<"listener">[];
}

const messages = {
  listener: "envoy.config.listener.v3.Listener",
  route: "envoy.config.route.v3.RouteConfiguration",
  scope: "envoy.config.route.v3.ScopedRouteConfiguration",
  cluster: "envoy.config.cluster.v3.Cluster",
  endpoint: "envoy.config.endpoint.v3.ClusterLoadAssignment",
} as const;

type Kind = keyof typeof messages;

const typeUrlOf: Readonly<Record<Kind, TypeUrl>> = { ...typeUrls, scope: typeUrls.scopedRoute };

export interface Found<T extends Kind> {
  readonly name: string;
  readonly message: MessageOf<(typeof messages)[T]>;
  /** Store keys. */
  readonly origins: readonly string[];
}

/** `behind`: what is served besides; of one name, the first counts. */
export function servedBy(resources: Iterable<Resource>, behind?: Served): Served {
  const byKey = new Map<string, Resource>();
  for (const resource of resources) {
    const key = keyOf(resource.typeUrl, resource.name);
    if (!byKey.has(key)) byKey.set(key, resource);
  }
  return {
    find: (type, name) => {
      const resource = byKey.get(keyOf(typeUrlOf[type], name));
      return resource === undefined ? behind?.find(type, name) : decoded(type, resource);
    },
    scope: (key) => {
      for (const resource of byKey.values()) {
        if (!mayHaveKey(resource, key)) continue;
        const found = decoded("scope", resource);
        if (isKey(found.message.key ?? {}, key)) return found;
      }
      return behind?.scope(key);
    },
    *scopesTo(listener, service) {
      for (const resource of byKey.values()) {
        const { typeUrl, name, needs } = resource;
        if (typeUrl !== typeUrls.scopedRoute || !name.startsWith(`${listener}/`)) continue;
        const leads = needs.some((need) => need.name.startsWith(`${service}/`));
        if (leads) yield decoded("scope", resource);
      }
    },
    listeners: () =>
      [...byKey.values()]
        .filter(({ typeUrl }) => typeUrl === typeUrls.listener)
        .map((resource) => decoded("listener", resource)),
  };
}

/** What was found, in order, each once. */
export interface Reading extends Served {
  read(): readonly ResourceKey[];
}

export interface ResourceKey {
  readonly typeUrl: TypeUrl;
  readonly name: string;
}

/** The same, and it remembers what was looked up: which proxies have it says whom the answer is about. */
export function remembering(served: Served): Reading {
  const found = new Map<string, ResourceKey>();
  const remembered = <T extends Kind>(type: T, one: Found<T> | undefined): Found<T> | undefined => {
    const key = one && { typeUrl: typeUrlOf[type], name: one.name };
    if (key !== undefined) found.set(keyOf(key.typeUrl, key.name), key);
    return one;
  };
  return {
    ...served,
    find: (type, name) => remembered(type, served.find(type, name)),
    scope: (key) => remembered("scope", served.scope(key)),
    read: () => [...found.values()],
  };
}

/** A generated scope is called after its host: of 10,000 only a few are to be decoded. */
const mayHaveKey = ({ typeUrl, name, origins }: Resource, [host = ""]: readonly string[]) =>
  typeUrl === typeUrls.scopedRoute && (name.endsWith(`/${host}`) || origins.some(isRaw));

const isRaw = (key: string): boolean => /^(?:resources|snapshots)\//.test(key);

const keyOf = (typeUrl: TypeUrl, name: string): string => `${typeUrl} ${name}`;

function decoded<T extends Kind>(type: T, { name, any, origins }: Resource): Found<T> {
  const message = decodeMessage(messages[type], decodeAny(any).value);
  // The built-in gateway comes from no key.
  return { name, message, origins: origins.filter((origin) => origin !== "") };
}
