/**
 * The backends of a rule as clusters with weights. A backend without a subset stands for the
 * service's own split, in proportion.
 * https://gateway-api.sigs.k8s.io/reference/spec/#httpbackendref
 */
import type { DiagnosticCode } from "../../lib/diagnostic.ts";
import type { ServiceName, SubsetName } from "../../model/names.ts";
import type { BackendRef } from "../../model/route.ts";
import { clusterName } from "../names.ts";
import { apportion, denominator } from "../split/apportion.ts";
import { fallbackOf } from "../split/split.ts";
import type { ClusterWeight } from "./action.ts";
import type { ServiceRouting } from "./routing.ts";

/** A diagnostic that does not know yet in which rule it is. */
export interface BackendDiagnostic {
  readonly code: DiagnosticCode;
  /** Index among the rule's backends, and the field of it. */
  readonly backendRef: number;
  readonly field: "name" | "subset";
  readonly message: string;
}

export interface ResolvedBackends {
  /** Empty where no backend is valid; otherwise the sum is the denominator. */
  readonly weights: readonly ClusterWeight[];
  /** The longest of the services' request timeouts; undefined where none states one. */
  readonly timeoutMs: number | undefined;
  readonly diagnostics: readonly BackendDiagnostic[];
}

export function resolveBackends(
  backendRefs: readonly BackendRef[],
  services: ReadonlyMap<ServiceName, ServiceRouting | undefined>,
): ResolvedBackends {
  const diagnostics: BackendDiagnostic[] = [];
  const timeouts: number[] = [];
  const weights = new Map<string, number>();
  backendRefs.forEach((backendRef, index) => {
    const service = services.get(backendRef.service);
    if (service === undefined) {
      diagnostics.push(unknownBackend(backendRef, index));
      return;
    }
    const { requestMs } = service;
    if (requestMs !== undefined) timeouts.push(requestMs);
    const { parts, problem } = clustersOf(backendRef, service);
    for (const { cluster, weight } of parts) {
      weights.set(cluster, (weights.get(cluster) ?? 0) + weight);
    }
    if (problem !== undefined) diagnostics.push({ ...problem, backendRef: index, field: "subset" });
  });
  return {
    weights: normalised(weights),
    timeoutMs: timeouts.length === 0 ? undefined : Math.max(...timeouts),
    diagnostics,
  };
}

function unknownBackend({ service, weight }: BackendRef, index: number): BackendDiagnostic {
  const message = `no service ${service}; its weight of ${weight} is left out`;
  return { code: "BACKEND_UNKNOWN", backendRef: index, field: "name", message };
}

interface Clusters {
  /** Weights are in units of a denominator-th of the backend's own. */
  readonly parts: readonly ClusterWeight[];
  readonly problem?: Pick<BackendDiagnostic, "code" | "message">;
}

function clustersOf({ subset, weight }: BackendRef, found: ServiceRouting): Clusters {
  if (subset !== undefined) return subsetClusters(subset, weight * denominator, found);
  return {
    parts: found.split.map((share) => ({
      cluster: clusterName(found.service, share.subset),
      weight: weight * share.weight,
    })),
  };
}

/** The subset itself stays in the list at zero where its fallback stands in for it. */
function subsetClusters(
  subset: SubsetName,
  weight: number,
  { service, subsets }: ServiceRouting,
): Clusters {
  const cluster = clusterName(service, subset);
  const receiver = fallbackOf(subsets, subset);
  if (receiver === subset) return { parts: [{ cluster, weight }] };
  const known = subsets.get(subset)?.known === true;
  const code = known ? "SPLIT_NO_ENDPOINTS" : "SPLIT_UNKNOWN_SUBSET";
  if (receiver === undefined) {
    const message = `${cluster} has no usable endpoint and no fallback: requests fail with 503`;
    return { parts: [{ cluster, weight }], problem: { code, message } };
  }
  const parts = [
    { cluster, weight: 0 },
    { cluster: clusterName(service, receiver), weight },
  ];
  const message = `${cluster} has no usable endpoint; ${receiver} stands in for it`;
  return { parts, problem: { code, message } };
}

/** Weights that are all zero are no backend at all, as the Gateway API has it. */
function normalised(weights: ReadonlyMap<string, number>): readonly ClusterWeight[] {
  const clusters = [...weights];
  if (clusters.every(([, weight]) => weight === 0)) return [];
  const units = apportion(clusters.map(([, weight]) => weight));
  return clusters.map(([cluster], i) => ({ cluster, weight: units[i] ?? 0 }));
}
