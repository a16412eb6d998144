/** One socket of a gateway: its Envoy listener, and the route configurations behind it. */
import type { Diagnostic } from "../../lib/diagnostic.ts";
import type { Gateway } from "../../model/gateway.ts";
import type { Resource } from "../../snapshot/resource.ts";
import { sameElements } from "../equal.ts";
import { gatewayListenerName } from "../names.ts";
import type { RouteContext } from "../route/encoded-match.ts";
import { anyHost } from "../route/hostname.ts";
import { routeConfigurationResource, type SplicedRoutes } from "../route/route-configuration.ts";
import { attachedStreams, httpChain, httpsChain, streamChains } from "./chains.ts";
import { type TlsFound, tlsOf } from "./downstream-tls.ts";
import type { Surroundings } from "./gateway.ts";
import { type Chain, listenerResource } from "./listener.ts";
import { type SocketHosts, socketHosts } from "./socket-hosts.ts";
import type { Socket, SocketListener } from "./sockets.ts";

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

function translateListener(
  gateway: Gateway,
  { kind, listeners }: Socket,
  { secrets, streams, edge }: Surroundings,
  before: TranslatedSocket | undefined,
): ListenerOfSocket {
  const found = listeners.map((each) => ({
    at: each,
    tls: tlsOf(gateway, each, secrets),
    streams: attachedStreams(gateway, each, streams),
  }));
  // A secret counts by being there.
  const inputs = [edge, ...found.flatMap((each) => [tlsKey(each.tls), ...each.streams])];
  if (before !== undefined && sameElements(before.inputs, inputs)) return before;
  const diagnostics: Diagnostic[] = [];
  const chains: Chain[] = [];
  const [first] = listeners;
  const name = gatewayListenerName(gateway.name, first.listener.name);
  if (kind === "http") chains.push(httpChain(name, edge));
  else {
    for (const { at, tls, streams: attached } of found) {
      diagnostics.push(...tls.diagnostics);
      if (at.listener.protocol === "HTTPS") {
        const own = gatewayListenerName(gateway.name, at.listener.name);
        const chain = httpsChain(own, at, tls.tls, edge);
        if (chain !== undefined) chains.push(chain);
      } else {
        const made = streamChains(gateway, at, tls.tls, attached);
        chains.push(...made.chains);
        diagnostics.push(...made.diagnostics);
      }
    }
  }
  if (chains.length === 0) return { inputs, listener: undefined, diagnostics };
  const { listener: at } = first;
  const origins = [gateway.origin];
  const parts = { name, at, chains, inspectsTls: kind === "tls", origins };
  return { inputs, listener: listenerResource(parts), diagnostics };
}

const tlsKey = ({ tls, diagnostics }: TlsFound): string =>
  JSON.stringify([tls, diagnostics.map(({ path }) => path)]);

/** One route configuration for all listeners of HTTP, and one for each of HTTPS. */
function translateRoutes(
  gateway: Gateway,
  { kind, listeners }: Socket,
  around: Surroundings,
  before: TranslatedSocket | undefined,
): TranslatedSocket["routes"] {
  const routes = new Map<string, SocketRoutes>();
  const add = (at: SocketListener, behind: readonly SocketListener[], apart: Apart): void => {
    const name = gatewayListenerName(gateway.name, at.listener.name);
    const context: RouteContext = {
      scheme: kind === "http" ? "http" : "https",
      port: at.listener.port,
      edge: around.edge,
    };
    const lists = behind.map((each) => around.hosts.of(gateway, each, context));
    routes.set(name, spliced(gateway, name, { lists, ...apart }, before?.routes.get(name)));
  };
  const [first] = listeners;
  if (kind === "http") {
    const named = listeners.map(({ hostname }) => hostname).filter((each) => each !== anyHost);
    add(first, listeners, { reserved: listeners.length > 1 ? named : [], status: 404 });
  } else if (kind === "tls") {
    for (const each of listeners) {
      if (each.listener.protocol !== "HTTPS") continue;
      add(each, [each], { reserved: each.taken, status: 421 });
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
