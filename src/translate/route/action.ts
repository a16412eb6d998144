/**
 * What a route does: one cluster, several by weight, or an answer of its own where no backend is
 * valid. https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto
 */
import { duration, wrapped } from "../../proto/values.ts";

/** A cluster with its weight; the weights of a list have the same fixed sum everywhere. */
export interface ClusterWeight {
  readonly cluster: string;
  readonly weight: number;
}

/**
 * The only cluster there is is named plainly; otherwise all are listed, zeros included, so that the
 * shape stays while weights move. `timeoutMs` undefined: Envoy's own, 15 s.
 */
export function forwardAction(weights: readonly ClusterWeight[], timeoutMs: number | undefined) {
  const timeout = timeoutMs === undefined ? {} : { timeout: duration(timeoutMs) };
  const [first, ...others] = weights;
  if (first !== undefined && others.length === 0) {
    return { route: { cluster: first.cluster, ...timeout } };
  }
  const clusters = weights.map(({ cluster, weight }) => ({
    name: cluster,
    weight: wrapped(weight),
  }));
  return { route: { weighted_clusters: { clusters }, ...timeout } };
}

/**
 * The Gateway API's answer where a rule has no valid backend.
 * https://gateway-api.sigs.k8s.io/reference/spec/#httprouterule (backendRefs)
 */
export const noBackendAction = { direct_response: { status: 500 } } as const;
