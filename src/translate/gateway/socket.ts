/** One socket of a gateway: its Envoy listener, and the route configurations behind it. */
import type { Diagnostic } from "../../lib/diagnostic.ts";
import type { Gateway } from "../../model/gateway.ts";
import type { Resource } from "../../snapshot/resource.ts";
import { sameElements } from "../equal.ts";
import type { Edge } from "../lane/edge.ts";
import { gatewayListenerName, gatewaySocketName } from "../names.ts";
import type { RouteContext } from "../route/encoded-match.ts";
import { anyHost } from "../route/hostname.ts";
import { routeConfigurationResource, type SplicedRoutes } from "../route/route-configuration.ts";
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
import { type SocketHosts, socketHosts } from "./socket-hosts.ts";
import type { Socket, SocketListener } from "./sockets.ts";
import type { TranslatedStreamRoute } from "./stream-route.ts";

export interface TranslatedSocket {
  /** All that the listener depends on. */
  readonly inputs: readonly unknown[];
  /** undefined where nothing could be served: then the port is not open. */
  readonly listener: Resource | undefined;
  /** By name. */
  readonly routes: ReadonlyMap<string, SocketRoutes>;
  /** The listener, then its route configurations. */
  readonly resources: readonly Resource[];
  readonly diagnostics: readonly Diagnostic[];
}

interface SocketRoutes extends SplicedRoutes {
  readonly hosts: SocketHosts;
}

/** `before`: the same socket of an unchanged gateway. */
export function translateSocket(
  gateway: Gateway,
  socket: Socket,
  around: Surroundings,
  before: TranslatedSocket | undefined,
): TranslatedSocket {
  const { listener, diagnostics, inputs } = translateListener(gateway, socket, around, before);
  const routes = translateRoutes(gateway, socket, around, before);
  const served = (listener?.references ?? []).flatMap((name) => routes.get(name) ?? []);
  const made = served.map(({ routeConfiguration }) => routeConfiguration);
  const resources = listener === undefined ? [] : [listener, ...made];
  if (before !== undefined && sameElements(before.resources, resources)) {
    const unchanged =
      before.inputs === inputs && sameElements([...before.routes.values()], [...routes.values()]);
    return unchanged ? before : { ...before, inputs, routes, diagnostics };
  }
  return { inputs, listener, routes, resources, diagnostics };
}

type ListenerOfSocket = Pick<TranslatedSocket, "inputs" | "listener" | "diagnostics">;

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
  before: TranslatedSocket | undefined,
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
      ? { chains: [httpChain(name, edge)], diagnostics: [] }
      : joined(found.map((each) => chainsOf(gateway, each, edge)));
  const diagnostics = [...found.flatMap(({ tls }) => tls.diagnostics), ...made.diagnostics];
  if (made.chains.length === 0) return { inputs, listener: undefined, diagnostics };
  const parts = { name, at, inspectsTls: socket.kind === "tls", origins: [gateway.origin] };
  const closing =
    socket.kind === "tls" ? closingChains(gateway, socket.listeners, made.chains) : [];
  const chains = [...made.chains, ...closing];
  return { inputs, listener: listenerResource({ ...parts, chains }), diagnostics };
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
    routes.set(name, spliced(gateway, name, { lists, ...apart }, before?.routes.get(name)));
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

function spliced(
  gateway: Gateway,
  name: string,
  { lists, reserved, status }: Apart & Pick<SocketHosts, "lists">,
  before: SocketRoutes | undefined,
): SocketRoutes {
  const hosts = socketHosts(lists, reserved, status, before?.hosts);
  const { virtualHosts } = hosts;
  if (before !== undefined && sameElements(before.virtualHosts, virtualHosts)) {
    return before.hosts === hosts ? before : { ...before, hosts };
  }
  const origins = [gateway.origin];
  const routeConfiguration = routeConfigurationResource(name, virtualHosts, origins, before);
  return { hosts, virtualHosts, routeConfiguration };
}
