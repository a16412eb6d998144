import type { GatewayName, ListenerName } from "./names.ts";

/** Which nodes a gateway is for: every given part must match; no part at all matches every node. */
export interface NodeSelector {
  readonly id: string | undefined;
  readonly cluster: string | undefined;
  /** Top-level string fields of the node's metadata; keys in sorted order. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** A socket on which the selected proxies listen. */
export interface GatewayListener {
  readonly name: ListenerName;
  readonly address: string;
  readonly port: number;
  readonly protocol: "HTTP";
  /** Hostnames served here; undefined: all. May be a wildcard `*.suffix`. */
  readonly hostname: string | undefined;
}

/** `gateways/<name>`: which nodes listen where. */
export interface Gateway {
  readonly name: GatewayName;
  readonly nodeSelector: NodeSelector;
  readonly listeners: readonly GatewayListener[];
  readonly origin: string;
}

/** What a gateway selector sees of a node. */
export interface NodeIdentity {
  readonly id: string;
  readonly cluster: string;
  readonly metadata: ReadonlyMap<string, string>;
}

/** Whether `node` is one of those the selector is for. */
export function selects(selector: NodeSelector, node: NodeIdentity): boolean {
  if (selector.id !== undefined && selector.id !== node.id) return false;
  if (selector.cluster !== undefined && selector.cluster !== node.cluster) return false;
  for (const [key, value] of selector.metadata) {
    if (node.metadata.get(key) !== value) return false;
  }
  return true;
}
