/**
 * Names of the generated resources. Names that decode lets through hold no `/`, so a cluster, a
 * gateway's listener and a gRPC listener can never take each other's name.
 */
import { compareText } from "../lib/compare-text.ts";
import type {
  GatewayName,
  LaneName,
  ListenerName,
  SecretName,
  ServiceName,
  SubsetName,
} from "../model/names.ts";

/** Cluster and load assignment of one subset: `<service>/<subset>`. */
export const clusterName = (service: ServiceName, subset: SubsetName): string =>
  `${service}/${subset}`;

/** A lane's part of a service. `~` cannot start the name of a subset. */
export const laneSubsetName = (lane: LaneName): SubsetName => `~${lane}` as SubsetName;

/** The aggregate of a subset and those that take over from it: `<service>/v2+v1`. */
export const aggregateName = (
  service: ServiceName,
  subset: SubsetName,
  failover: readonly SubsetName[],
): string => `${service}/${[subset, ...failover].join("+")}`;

/** Where the proxies send what is for `subset`: the cluster, or its aggregate where there is one. */
export const targetName = (
  service: ServiceName,
  subset: SubsetName,
  failover: readonly SubsetName[],
): string =>
  failover.length === 0 ? clusterName(service, subset) : aggregateName(service, subset, failover);

/** Cluster of a sticky split for gRPC clients. A GRPCRoute and an HTTPRoute may have one name. */
export const stickyClusterName = (kind: "http" | "grpc", route: string, rule: number): string =>
  `${route}/${rule}/sticky${kind === "grpc" ? "/grpc" : ""}`;

/** The names of services and routes hold no slash. */
export const isStickyCluster = (name: string): boolean => name.split("/")[2] === "sticky";

/** A cluster that has no endpoint: where gRPC clients send what must fail. */
export const unavailableName = "~unavailable";

/** Certificate with its key, over SDS. */
export const certificateName = (secret: SecretName): string => `secret/${secret}`;

/** Authorities to check certificates against, over SDS. */
export const authorityName = (secret: SecretName): string => `secret/${secret}/ca`;

/** Listener and route configuration of one gateway listener: `<gateway>/<listener>`. */
export const gatewayListenerName = (gateway: GatewayName, listener: ListenerName): string =>
  `${gateway}/${listener}`;

/**
 * Listener of several that share a socket, and the route configuration of those of HTTP: `<gateway>/
 * <address>:<port>`. It must not depend on their order or names, because Envoy drains a listener
 * whose name is gone. No listener's own name holds a colon.
 */
export const gatewaySocketName = (gateway: GatewayName, address: string, port: number): string =>
  `${gateway}/${address.includes(":") ? `[${address}]` : address}:${port}`;

/**
 * The scope of one host, `<listener>/<host>`; where the listener has several route configurations,
 * each with hosts of its own, `<listener>/<name of the gateway's listener>/<host>`.
 */
export function scopeName(listener: string, routes: string, host: string): string {
  const part = routes === listener ? "" : `/${routes.slice(routes.indexOf("/") + 1)}`;
  return `${listener}${part}/${host}`;
}

/**
 * Compares names as people read them: `v2` before `v10`. Total, and the same on every machine:
 * no locale takes part, and names equal in this order are told apart by their code units.
 */
export function compareNatural(a: string, b: string): number {
  const left = a.match(/\d+|\D+/g) ?? [];
  const right = b.match(/\d+|\D+/g) ?? [];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = comparePart(left[i] ?? "", right[i] ?? "");
    if (order !== 0) return order;
  }
  return left.length - right.length || compareText(a, b);
}

function comparePart(a: string, b: string): number {
  if (!/^\d/.test(a) || !/^\d/.test(b)) return compareText(a, b);
  const left = a.replace(/^0+/, "");
  const right = b.replace(/^0+/, "");
  return left.length - right.length || compareText(left, right);
}
