/** One socket of a gateway: its Envoy listener, and the route configurations behind it. */
import type { Diagnostic } from "../../lib/diagnostic.ts";
import type { Gateway, RouteDelivery } from "../../model/gateway.ts";
import type { Resource } from "../../snapshot/resource.ts";
import { sameElements } from "../equal.ts";
import type { Edge } from "../lane/edge.ts";
import { gatewayListenerName, gatewaySocketName } from "../names.ts";
import type { RouteContext } from "../route/encoded-match.ts";
import { anyHost } from "../route/hostname.ts";
import {
  layeredRoutes,
  routeConfigurationResource,
  type SplicedRoutes,
} from "../route/route-configuration.ts";
import {
  attachedStreams,
  type Chains,
  closingChains,
  httpChain,
  httpsChain,
  streamChains,
} from "./chains.ts";
import { type TlsFound, tlsOf } from "./downstream-tls.ts";
import type { Surroundings } from "./gateway.ts";
import { listenerResource } from "./listener.ts";
import { deliveryDiagnostics, deliveryOf } from "./route-delivery.ts";
import {
  leftOutDiagnostics,
  type ScopedRoutes,
  type ScopeNames,
  scopedRoutes,
} from "./scoped-routes.ts";
import { type SocketHosts, socketHosts } from "./socket-hosts.ts";
import type { Socket, SocketListener } from "./sockets.ts";
import type { TranslatedStreamRoute } from "./stream-route.ts";

export interface TranslatedSocket {
  readonly made: ListenerOfSocket;
  /** By name. */
  readonly routes: ReadonlyMap<string, SocketRoutes>;
  /** The listener, then its route configurations or scopes. */
  readonly resources: readonly Resource[];
  /** The same for Envoys with the layer `weights`. */
  readonly layered: readonly Resource[];
  readonly diagnostics: readonly Diagnostic[];
}

type SocketRoutes = { readonly hosts: SocketHosts } & (
  | ({ readonly delivery: "whole" } & SplicedRoutes)
  | ({ readonly delivery: "scoped" } & ScopedRoutes)
);

const resourcesOf = (routes: SocketRoutes): readonly Resource[] =>
  routes.delivery === "whole"
    ? [routes.routeConfiguration]
    : routes.scopes.map(({ resource }) => resource);

/** Scopes are as cheap as the layer, and are the same with it. */
const layeredOf = (routes: SocketRoutes): readonly Resource[] =>
  routes.delivery === "whole" && routes.layered !== undefined
    ? [routes.layered.routeConfiguration]
    : resourcesOf(routes);

/** `before`: the same socket of an unchanged gateway. */
export function translateSocket(
  gateway: Gateway,
  socket: Socket,
  around: Surroundings,
  before: TranslatedSocket | undefined,
): TranslatedSocket {
  const made = translateListener(gateway, socket, around, before?.made);
  const { listener } = made;
  const routes = translateRoutes(gateway, socket, around, before);
  const served = made.served.flatMap((name) => routes.get(name) ?? []);
  const resources = listener === undefined ? [] : [listener, ...served.flatMap(resourcesOf)];
  const layered = listener === undefined ? [] : [listener, ...served.flatMap(layeredOf)];
  const same = before !== undefined && sameElements(before.resources, resources);
  const sameLayered = before !== undefined && sameElements(before.layered, layered);
  const sameRoutes =
    before !== undefined && sameElements([...before.routes.values()], [...routes.values()]);
  if (same && sameLayered && sameRoutes && before.made === made) return before;
  const name = socketName(gateway, socket);
  const leftOut = served.flatMap((each) =>
    each.delivery === "scoped" ? leftOutDiagnostics(name, each) : [],
  );
  const diagnostics = [...made.diagnostics, ...deliveryDiagnostics(gateway, socket), ...leftOut];
  return { made, routes, resources: same ? before.resources : resources, layered, diagnostics };
}

interface ListenerOfSocket {
  /** All that the listener depends on. */
  readonly inputs: readonly unknown[];
  /** undefined where nothing could be served: then the port is not open. */
  readonly listener: Resource | undefined;
  /** Names of the routes that its chains ask for. */
  readonly served: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

/** A listener, with what it finds of that which it names. */
interface Found {
  readonly at: SocketListener;
  readonly tls: TlsFound;
  /** Attached. */
  readonly streams: readonly TranslatedStreamRoute[];
}

function translateListener(
  gateway: Gateway,
  socket: Socket,
  { secrets, streams, edge }: Surroundings,
  before: ListenerOfSocket | undefined,
): ListenerOfSocket {
  const found = socket.listeners.map(
    (at): Found => ({
      at,
      tls: tlsOf(gateway, at, secrets),
      streams: attachedStreams(gateway, at, streams),
    }),
  );
  // A secret counts by being there.
  const inputs = [edge, ...found.flatMap((each) => [tlsKey(each.tls), ...each.streams])];
  if (before !== undefined && sameElements(before.inputs, inputs)) return before;
  const [{ listener: at }] = socket.listeners;
  const name = socketName(gateway, socket);
  const made =
    socket.kind === "http"
      ? { chains: [httpChain(name, edge, deliveryOf(socket.listeners))], diagnostics: [] }
      : joined(found.map((each) => chainsOf(gateway, each, edge)));
  const diagnostics = [...found.flatMap(({ tls }) => tls.diagnostics), ...made.diagnostics];
  if (made.chains.length === 0) return { inputs, listener: undefined, served: [], diagnostics };
  const parts = { name, at, inspectsTls: socket.kind === "tls", origins: [gateway.origin] };
  const closing =
    socket.kind === "tls" ? closingChains(gateway, socket.listeners, made.chains) : [];
  const chains = [...made.chains, ...closing];
  const served = chains.flatMap(({ routes }) => routes?.name ?? []);
  return { inputs, listener: listenerResource({ ...parts, chains }), served, diagnostics };
}

/** That of its listener where there is one, as people know it. */
function socketName({ name }: Gateway, { listeners }: Socket): string {
  const [{ listener }, ...more] = listeners;
  return more.length === 0
    ? gatewayListenerName(name, listener.name)
    : gatewaySocketName(name, listener.address, listener.port);
}

function chainsOf(gateway: Gateway, { at, tls, streams }: Found, edge: Edge): Chains {
  if (at.listener.protocol !== "HTTPS") return streamChains(gateway, at, tls.tls, streams);
  const name = gatewayListenerName(gateway.name, at.listener.name);
  const chain = httpsChain(name, at, tls.tls, edge);
  return { chains: chain === undefined ? [] : [chain], diagnostics: [] };
}

const joined = (parts: readonly Chains[]): Chains => ({
  chains: parts.flatMap(({ chains }) => chains),
  diagnostics: parts.flatMap(({ diagnostics }) => diagnostics),
});

const tlsKey = ({ tls, diagnostics }: TlsFound): string =>
  JSON.stringify([tls, diagnostics.map(({ path }) => path)]);

/** One route configuration for all listeners of HTTP, and one for each of HTTPS. */
function translateRoutes(
  gateway: Gateway,
  socket: Socket,
  around: Surroundings,
  before: TranslatedSocket | undefined,
): TranslatedSocket["routes"] {
  const { kind, listeners } = socket;
  const routes = new Map<string, SocketRoutes>();
  const [{ listener }] = listeners;
  const add = (name: string, behind: readonly SocketListener[], apart: Apart): void => {
    const context: RouteContext = {
      scheme: kind === "http" ? "http" : "https",
      port: listener.port,
      edge: around.edge,
    };
    const lists = behind.map((each) => around.hosts.of(gateway, each, context));
    const names = { listener: socketName(gateway, socket), routes: name };
    const parts = { names, delivery: deliveryOf(behind), lists, ...apart };
    routes.set(name, delivered(gateway, parts, before?.routes.get(name)));
  };
  if (kind === "http") {
    const named = listeners.map(({ hostname }) => hostname).filter((each) => each !== anyHost);
    const reserved = listeners.length > 1 ? named : [];
    add(socketName(gateway, socket), listeners, { reserved, status: 404 });
  } else if (kind === "tls") {
    for (const each of listeners) {
      if (each.listener.protocol !== "HTTPS") continue;
      const name = gatewayListenerName(gateway.name, each.listener.name);
      add(name, [each], { reserved: each.taken, status: 421 });
    }
  }
  return routes;
}

/** Hostnames that get a host of their own, and what it answers where it has no routes. */
interface Apart {
  readonly reserved: readonly string[];
  readonly status: 404 | 421;
}

interface DeliveredParts extends Apart, Pick<SocketHosts, "lists"> {
  readonly names: ScopeNames;
  readonly delivery: RouteDelivery;
}

function delivered(
  gateway: Gateway,
  { names, delivery, lists, reserved, status }: DeliveredParts,
  before: SocketRoutes | undefined,
): SocketRoutes {
  const hosts = socketHosts(lists, reserved, status, before?.hosts);
  const { virtualHosts } = hosts;
  if (before?.delivery === delivery && sameElements(before.virtualHosts, virtualHosts)) {
    return before.hosts === hosts ? before : { ...before, hosts };
  }
  const origins = [gateway.origin];
  if (delivery === "scoped") {
    const last = before?.delivery === "scoped" ? before : undefined;
    return { delivery, hosts, ...scopedRoutes(names, virtualHosts, origins, last) };
  }
  const last = before?.delivery === "whole" ? before : undefined;
  const routeConfiguration = routeConfigurationResource(names.routes, virtualHosts, origins, last);
  const layered = layeredRoutes(virtualHosts, routeConfiguration, last);
  return { delivery, hosts, virtualHosts, routeConfiguration, layered };
}
