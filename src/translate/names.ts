/**
 * Names of the generated resources. Names that decode lets through hold no `/`, so a cluster, a
 * gateway's listener and a gRPC listener can never take each other's name.
 */
import { compareText } from "../lib/compare-text.ts";
import type { GatewayName, ListenerName, ServiceName, SubsetName } from "../model/names.ts";

/** Cluster and load assignment of one subset: `<service>/<subset>`. */
export const clusterName = (service: ServiceName, subset: SubsetName): string =>
  `${service}/${subset}`;

/** Listener and route configuration of one gateway listener: `<gateway>/<listener>`. */
export const gatewayListenerName = (gateway: GatewayName, listener: ListenerName): string =>
  `${gateway}/${listener}`;

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
