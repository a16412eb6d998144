import type { GatewayName, ListenerName, SecretName, ServiceName } from "./names.ts";

/** Which nodes a gateway is for: every given part must match; no part at all matches every node. */
export interface NodeSelector {
  readonly id: string | undefined;
  readonly cluster: string | undefined;
  /** Top-level string fields of the node's metadata; keys in sorted order. */
  readonly metadata: ReadonlyMap<string, string>;
}

export type RouteDelivery = "whole" | "scoped";

export type RouteKind = "http" | "grpc" | "tcp" | "tls";

/** What a listener does with TLS. */
export type ListenerTls =
  | {
      readonly mode: "terminate";
      /** Names that may be of no secret; at least one. */
      readonly certificates: readonly SecretName[];
      /** Whose `ca` must have signed the client's certificate, which is then demanded. */
      readonly clientCa: SecretName | undefined;
    }
  /** Routed by the name in the handshake, and not decrypted. */
  | { readonly mode: "passthrough" };

/** A part of what comes in at a socket of the selected proxies: that for its hostname. */
export interface GatewayListener {
  readonly name: ListenerName;
  readonly address: string;
  readonly port: number;
  /** HTTPS and TLS have `tls`, TCP may have it (terminated), HTTP has none. */
  readonly protocol: "HTTP" | "HTTPS" | "TLS" | "TCP";
  /** Hostnames served here, lower case; undefined: all. May be a wildcard `*.suffix`. */
  readonly hostname: string | undefined;
  readonly tls: ListenerTls | undefined;
  /** Kinds of routes that may attach; undefined: those of the protocol. */
  readonly allowedKinds: readonly RouteKind[] | undefined;
  /** Services that answer at their own names where no route does. */
  readonly services: "all" | "none" | readonly ServiceName[];
  /** In one route configuration, or in a scope of its own for every exact host. */
  readonly routeDelivery: RouteDelivery;
}

/** What a listener of HTTP is where nothing else is said. */
export const plainListener = {
  address: "0.0.0.0",
  protocol: "HTTP",
  hostname: undefined,
  tls: undefined,
  allowedKinds: undefined,
  services: "all",
  routeDelivery: "whole",
} as const;

/** `gateways/<name>`: which nodes listen where. */
export interface Gateway {
  readonly name: GatewayName;
  readonly nodeSelector: NodeSelector;
  readonly listeners: readonly GatewayListener[];
  readonly origin: string;
  /** Where two gateways want the same socket of a node, the older one has it. */
  readonly createRevision: bigint;
}

/** What a gateway selector sees of a node. */
export interface NodeSelection {
  readonly id: string;
  readonly cluster: string;
  readonly metadata: ReadonlyMap<string, string>;
}

/** What decides over what a node gets. */
export interface NodeIdentity extends NodeSelection {
  /** `envoy/1.40.0`; empty where the node does not say. */
  readonly userAgent: string;
}

/** Whether `node` is one of those the selector is for. */
export function selects(selector: NodeSelector, node: NodeSelection): boolean {
  if (selector.id !== undefined && selector.id !== node.id) return false;
  if (selector.cluster !== undefined && selector.cluster !== node.cluster) return false;
  for (const [key, value] of selector.metadata) {
    if (node.metadata.get(key) !== value) return false;
  }
  return true;
}
