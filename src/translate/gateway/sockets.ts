/**
 * A gateway's listeners by socket. Envoy has one listener for each, and refuses a second one at the
 * same address; so those of one socket are put together where they can be told apart, by the host or
 * by the name in the TLS handshake, and otherwise the first one stays.
 * https://gateway-api.sigs.k8s.io/reference/spec/#gatewayspec (listeners)
 */
import type { Diagnostic } from "../../lib/diagnostic.ts";
import type { Gateway, GatewayListener } from "../../model/gateway.ts";
import { anyHost, intersectHostnames } from "../route/hostname.ts";

/** Listeners of one address and port. */
export interface Socket {
  /** `tls`: told apart by the name in the handshake. `tcp`: one listener only. */
  readonly kind: "http" | "tls" | "tcp";
  /** At least one, in the gateway's order. */
  readonly listeners: readonly [SocketListener, ...SocketListener[]];
}

export interface SocketListener {
  readonly listener: GatewayListener;
  /** Place in the gateway's list. */
  readonly index: number;
  /** Lower case; `*` for all. No other listener of the socket has the same. */
  readonly hostname: string;
  /** Hostnames inside of it that other listeners of the socket have. */
  readonly taken: readonly string[];
}

export interface GatewaySockets {
  readonly sockets: readonly Socket[];
  readonly diagnostics: readonly Diagnostic[];
}

export function socketsOf(gateway: Gateway): GatewaySockets {
  const bySocket = new Map<string, readonly [Placed, ...Placed[]]>();
  const byName = new Map<string, Placed>();
  const diagnostics: Diagnostic[] = [];
  gateway.listeners.forEach((listener, index) => {
    const placed = { listener, index, hostname: hostnameOf(listener) };
    const key = `${listener.address} ${listener.port}`;
    const others = bySocket.get(key);
    const owner = others?.find((other) => clash(other, placed)) ?? byName.get(listener.name);
    if (owner !== undefined) {
      diagnostics.push(listenerClash(gateway, placed, owner.listener));
      return;
    }
    bySocket.set(key, others === undefined ? [placed] : [...others, placed]);
    byName.set(listener.name, placed);
  });
  return { sockets: [...bySocket.values()].map(socketOf), diagnostics };
}

type Placed = Omit<SocketListener, "taken">;

const hostnameOf = ({ protocol, hostname }: GatewayListener): string =>
  protocol === "TCP" ? anyHost : (hostname?.toLowerCase() ?? anyHost);

function kindOf({ protocol }: GatewayListener): Socket["kind"] {
  if (protocol === "HTTP") return "http";
  return protocol === "TCP" ? "tcp" : "tls";
}

/** Two of TCP have the same hostname, which is every one. */
const clash = (a: Placed, b: Placed): boolean =>
  kindOf(a.listener) !== kindOf(b.listener) || a.hostname === b.hostname;

function socketOf([first, ...rest]: readonly [Placed, ...Placed[]]): Socket {
  const hostnames = [first, ...rest].map(({ hostname }) => hostname);
  const withTaken = (placed: Placed): SocketListener => ({
    ...placed,
    taken: hostnames
      .filter((other) => other !== placed.hostname)
      .filter((other) => intersectHostnames(placed.hostname, other) === other),
  });
  return { kind: kindOf(first.listener), listeners: [withTaken(first), ...rest.map(withTaken)] };
}

/** Whether the hosts of `domain`, which lies inside of the listener's hostname, are its own. */
export const isOwn = ({ taken }: Pick<SocketListener, "taken">, domain: string): boolean =>
  taken.every((other) => intersectHostnames(other, domain) !== domain);

function listenerClash(
  gateway: Gateway,
  { listener, index }: Placed,
  owner: GatewayListener,
): Diagnostic {
  const at = `${listener.address}:${listener.port}`;
  return {
    severity: "error",
    code: "LISTENER_CLASH",
    key: gateway.origin,
    revision: 0n,
    path: `listeners[${index}]`,
    message: `listener ${listener.name} at ${at} clashes with ${owner.name}; it is left out`,
  };
}
