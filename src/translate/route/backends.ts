/**
 * The backends of a rule as clusters with weights. A backend without a subset stands for the
 * service's own split, in proportion.
 * https://gateway-api.sigs.k8s.io/reference/spec/#httpbackendref
 */
import type { DiagnosticCode } from "../../lib/diagnostic.ts";
import type { ServiceName, SubsetName } from "../../model/names.ts";
import type { BackendRef, BackendTarget } from "../../model/route.ts";
import { clusterName } from "../names.ts";
import { apportion, denominator } from "../split/apportion.ts";
import { fallbackOf } from "../split/split.ts";
import type { PlannedCluster } from "./plan.ts";
import type { ServiceRouting } from "./routing.ts";

/** What was found of the services that a route names; undefined for one that is not there. */
export type FoundServices = ReadonlyMap<ServiceName, ServiceRouting | undefined>;

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
  readonly clusters: readonly PlannedCluster[];
  /** Of the backends with a service that is there, in their order. */
  readonly services: readonly ServiceRouting[];
  readonly diagnostics: readonly BackendDiagnostic[];
}

export function resolveBackends(
  backendRefs: readonly BackendRef[],
  found: FoundServices,
): ResolvedBackends {
  const diagnostics: BackendDiagnostic[] = [];
  const services: ServiceRouting[] = [];
  const clusters = new Map<string, PlannedCluster>();
  backendRefs.forEach((backendRef, index) => {
    // Decode has said why.
    if (backendRef.invalid !== undefined) return;
    const service = found.get(backendRef.service);
    if (service === undefined) {
      diagnostics.push(unknownBackend(backendRef, index));
      return;
    }
    services.push(service);
    const parts = targetParts(backendRef, service);
    for (const part of parts.clusters) add(clusters, scaled(part, backendRef));
    if (parts.problem !== undefined) {
      diagnostics.push({ ...parts.problem, backendRef: index, field: "subset" });
    }
  });
  const usable = toTheUsable([...clusters.values()], found);
  return { clusters: normalised(usable), services, diagnostics };
}

/**
 * A share that nobody could answer goes to the other backends, as within a service's own split;
 * where nobody can answer anything, all stays as it is asked for. The list keeps its shape.
 */
function toTheUsable(
  clusters: readonly PlannedCluster[],
  found: FoundServices,
): readonly PlannedCluster[] {
  const isUsable = ({ service, subset }: PlannedCluster): boolean =>
    found.get(service)?.subsets.get(subset)?.usable === true;
  if (!clusters.some((cluster) => cluster.weight > 0 && isUsable(cluster))) return clusters;
  return clusters.map((cluster) => (isUsable(cluster) ? cluster : { ...cluster, weight: 0 }));
}

function unknownBackend({ service, weight }: BackendRef, index: number): BackendDiagnostic {
  const message = `no service ${service}; its weight of ${weight} is left out`;
  return { code: "BACKEND_UNKNOWN", backendRef: index, field: "name", message };
}

const scaled = (part: PlannedCluster, backend: BackendRef): PlannedCluster => ({
  ...part,
  weight: part.weight * backend.weight,
  requestHeaders: backend.requestHeaders,
  responseHeaders: backend.responseHeaders,
});

/**
 * A cluster that several backends lead to is listed once; where they change headers differently, the
 * first one that has a weight counts. Envoy takes each entry for itself, but gRPC clients do not.
 */
function add(clusters: Map<string, PlannedCluster>, part: PlannedCluster): void {
  const key = clusterName(part.service, part.subset);
  const known = clusters.get(key);
  if (known === undefined) clusters.set(key, part);
  else {
    const first = known.weight > 0 ? known : part;
    clusters.set(key, { ...first, weight: known.weight + part.weight });
  }
}

interface TargetParts {
  /** The sum of the weights is the denominator, or a fallback stands in and it is as well. */
  readonly clusters: readonly PlannedCluster[];
  readonly problem?: Pick<BackendDiagnostic, "code" | "message">;
}

/** What a reference to a service, or to a subset of it, leads to. */
export function targetParts({ subset }: BackendTarget, found: ServiceRouting): TargetParts {
  if (subset !== undefined) return subsetParts(subset, found);
  return {
    clusters: found.split.map((share) =>
      planned(found, share.subset, share.weight, "splitFailover"),
    ),
  };
}

/** The subset itself stays in the list at zero where its fallback stands in for it. */
function subsetParts(subset: SubsetName, found: ServiceRouting): TargetParts {
  const { service, subsets } = found;
  const cluster = clusterName(service, subset);
  const receiver = fallbackOf(subsets, subset);
  if (receiver === subset) return { clusters: [planned(found, subset, denominator, "failover")] };
  const known = subsets.get(subset)?.known === true;
  const code = known ? "SPLIT_NO_ENDPOINTS" : "SPLIT_UNKNOWN_SUBSET";
  if (receiver === undefined) {
    const message = `${cluster} has no usable endpoint and no fallback; the rule's other backends take its share, and where none can, it fails with 503`;
    const clusters = [planned(found, subset, denominator, "failover")];
    return { clusters, problem: { code, message } };
  }
  const clusters = [
    planned(found, subset, 0, "failover"),
    planned(found, receiver, denominator, "failover"),
  ];
  const message = `${cluster} has no usable endpoint; ${receiver} stands in for it`;
  return { clusters, problem: { code, message } };
}

function planned(
  { service, subsets }: ServiceRouting,
  subset: SubsetName,
  weight: number,
  failover: "failover" | "splitFailover",
): PlannedCluster {
  return {
    service,
    subset,
    weight,
    failover: subsets.get(subset)?.[failover] ?? [],
    requestHeaders: undefined,
    responseHeaders: undefined,
  };
}

/** Weights that are all zero are no backend at all, as the Gateway API has it. */
export function normalised(clusters: readonly PlannedCluster[]): readonly PlannedCluster[] {
  if (clusters.every(({ weight }) => weight === 0)) return [];
  const units = apportion(clusters.map(({ weight }) => weight));
  return clusters.map((cluster, i) => ({ ...cluster, weight: units[i] ?? 0 }));
}
