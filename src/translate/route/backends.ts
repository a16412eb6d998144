/**
 * The backends of a rule as clusters with weights. A backend without a subset stands for the
 * service's own split, in proportion.
 * https://gateway-api.sigs.k8s.io/reference/spec/#httpbackendref
 */
import { isDeepStrictEqual } from "node:util";
import type { DiagnosticCode } from "../../lib/diagnostic.ts";
import type { ServiceName, SubsetName } from "../../model/names.ts";
import type { BackendRef, BackendTarget } from "../../model/route.ts";
import { clusterName } from "../names.ts";
import { denominator } from "../split/apportion.ts";
import { inPlace, type Part } from "../split/in-place.ts";
import { fallbackOf } from "../split/split.ts";
import type { PlannedCluster } from "./plan.ts";
import type { ServiceRouting } from "./routing.ts";

/** What was found of the services that a route names; undefined for one that is not there. */
export type FoundServices = ReadonlyMap<ServiceName, ServiceRouting | undefined>;

/** A diagnostic that does not know yet in which rule it is. */
export interface BackendDiagnostic {
  readonly code: DiagnosticCode;
  /** Inside of the rule: `backendRefs[1].subset`. */
  readonly path: string;
  readonly message: string;
}

export interface ResolvedBackends {
  /** Empty where no backend is valid; otherwise the sum is the denominator. */
  readonly clusters: readonly PlannedCluster[];
  /** Of the backends with a service that is there, in their order. */
  readonly services: readonly ServiceRouting[];
  /** The service of which the clusters are the own split, where it is the only backend. */
  readonly only: ServiceRouting | undefined;
  readonly diagnostics: readonly BackendDiagnostic[];
}

export function resolveBackends(
  backendRefs: readonly BackendRef[],
  found: FoundServices,
): ResolvedBackends {
  const diagnostics: BackendDiagnostic[] = [];
  const services: ServiceRouting[] = [];
  const parts: Part<PlannedCluster>[] = [];
  const problems: (TargetProblem & { readonly path: string })[] = [];
  backendRefs.forEach((backendRef, index) => {
    // Decode has said why.
    if (backendRef.invalid !== undefined) return;
    const service = found.get(backendRef.service);
    if (service === undefined) {
      diagnostics.push(unknownBackend(backendRef, index));
      return;
    }
    services.push(service);
    const target = targetParts(backendRef, service);
    parts.push(...target.parts.map((part) => ofBackend(part, backendRef)));
    if (target.problem !== undefined) {
      problems.push({ ...target.problem, path: `backendRefs[${index}].subset` });
    }
  });
  const isTaken = parts.some(({ weight, receiver }) => weight > 0 && receiver !== undefined);
  for (const problem of problems) diagnostics.push(withFate(problem, isTaken));
  const [first] = services;
  const whole = backendRefs.every(({ subset }) => subset === undefined);
  const only = services.length === 1 && whole ? first : undefined;
  return { clusters: weighed(parts), services, only, diagnostics };
}

/** `isTaken`: whether the rule has a backend that takes traffic. */
function withFate(
  { code, path, message, isDead }: TargetProblem & { readonly path: string },
  isTaken: boolean,
): BackendDiagnostic {
  const fate = isTaken
    ? "the rule's other backends take its share"
    : "no other backend can take its share: requests fail with 503";
  return { code, path, message: isDead ? `${message}; ${fate}` : message };
}

function unknownBackend({ service, weight }: BackendRef, index: number): BackendDiagnostic {
  const message = `no service ${service}; its weight of ${weight} is left out`;
  return { code: "BACKEND_UNKNOWN", path: `backendRefs[${index}].name`, message };
}

function ofBackend(
  { target, weight, receiver }: Part<PlannedCluster>,
  { weight: share, requestHeaders, responseHeaders }: BackendRef,
): Part<PlannedCluster> {
  const changed = (cluster: PlannedCluster) => ({ ...cluster, requestHeaders, responseHeaders });
  return {
    target: changed(target),
    weight: weight * share,
    receiver: receiver === undefined ? undefined : changed(receiver),
  };
}

/**
 * A share that nobody could answer goes to the other backends, as within a service's own split;
 * where nobody can answer anything, all stays as it is asked for. Weights that are all zero are no
 * backend at all, as the Gateway API has it.
 */
function weighed(parts: readonly Part<PlannedCluster>[]): readonly PlannedCluster[] {
  const placed =
    inPlace(parts, sameCluster) ??
    inPlace(
      parts.map((part) => ({ ...part, receiver: part.target })),
      sameCluster,
    );
  return (placed ?? []).map(({ target, weight }) => ({ ...target, weight }));
}

/** With the same changes of headers: backends may lead to one subset with different ones. */
export const sameCluster = (a: PlannedCluster, b: PlannedCluster): boolean =>
  a.service === b.service &&
  a.subset === b.subset &&
  isDeepStrictEqual(a.requestHeaders, b.requestHeaders) &&
  isDeepStrictEqual(a.responseHeaders, b.responseHeaders);

interface TargetParts {
  /** The sum of the weights is the denominator. */
  readonly parts: readonly Part<PlannedCluster>[];
  readonly problem?: TargetProblem;
}

interface TargetProblem extends Pick<BackendDiagnostic, "code" | "message"> {
  /** Nobody of the service stands in. */
  readonly isDead: boolean;
}

/** What a reference to a service, or to a subset of it, leads to. */
export function targetParts({ subset }: BackendTarget, found: ServiceRouting): TargetParts {
  if (subset !== undefined) return subsetParts(subset, found);
  return {
    parts: found.split.map((share) => {
      const target = planned(found, share.subset, "splitFailover");
      const isUsable = found.subsets.get(share.subset)?.usable === true;
      return { target, weight: share.weight, receiver: isUsable ? target : undefined };
    }),
  };
}

function subsetParts(subset: SubsetName, found: ServiceRouting): TargetParts {
  const { service, subsets } = found;
  const cluster = clusterName(service, subset);
  const target = planned(found, subset, "failover");
  const receiver = fallbackOf(subsets, subset);
  const part = { target, weight: denominator, receiver: undefined };
  if (receiver === subset) return { parts: [{ ...part, receiver: target }] };
  const isLatched = subsets.get(subset)?.latched === true;
  const isKnown = isLatched || subsets.get(subset)?.known === true;
  const code = isLatched
    ? "SPLIT_LATCHED"
    : isKnown
      ? "SPLIT_NO_ENDPOINTS"
      : "SPLIT_UNKNOWN_SUBSET";
  const fact = isLatched
    ? `a guard has taken ${cluster} out`
    : isKnown
      ? `${cluster} has no usable endpoint`
      : `no instance of ${service} is of subset ${subset}${others(found)}`;
  if (receiver === undefined) {
    const message = isKnown ? `${fact} and no fallback` : fact;
    return { parts: [part], problem: { code, message, isDead: true } };
  }
  const message = `${fact}; ${receiver} stands in for it`;
  const stood = { ...part, receiver: planned(found, receiver, "failover") };
  return { parts: [stood], problem: { code, message, isDead: false } };
}

/** For one who mistyped a name. */
function others({ subsets }: ServiceRouting): string {
  const known = [...subsets.values()].filter((each) => each.known).map(({ name }) => name);
  if (known.length === 0) return "";
  return ` (there ${known.length === 1 ? "is" : "are"} ${known.slice(0, 8).join(", ")})`;
}

/** Its weight is that of the part it is of. */
function planned(
  { service, subsets, servedVersionHeader }: ServiceRouting,
  subset: SubsetName,
  failover: "failover" | "splitFailover",
): PlannedCluster {
  return {
    service,
    subset,
    weight: 0,
    failover: subsets.get(subset)?.[failover] ?? [],
    servedVersionHeader,
    requestHeaders: undefined,
    responseHeaders: undefined,
  };
}

/** The clusters of a service's own split by chance, at their weights and in their order. */
export function splitClusters(found: ServiceRouting): readonly PlannedCluster[] {
  const { parts } = targetParts({ service: found.service, subset: undefined }, found);
  const order = [...found.subsets.keys()];
  return collapsed(parts.map(({ target, weight }) => ({ ...target, weight }))).toSorted(
    (a, b) => order.indexOf(a.subset) - order.indexOf(b.subset),
  );
}

/** By chance it does not matter where in a list a cluster has its weight, so it has all at once. */
export function collapsed(clusters: readonly PlannedCluster[]): readonly PlannedCluster[] {
  const list: PlannedCluster[] = [];
  for (const cluster of clusters) {
    const at = list.findIndex((other) => sameCluster(other, cluster));
    const before = list[at];
    if (before === undefined) list.push(cluster);
    else list[at] = { ...before, weight: before.weight + cluster.weight };
  }
  return list;
}

/**
 * Where a service's subsets, which stand beside each other, have become one and the same. Only neighbours
 * are joined: a split by hash must not move users from one service to another. Backends that change
 * headers differently stay apart.
 */
export function neighboursJoined(clusters: readonly PlannedCluster[]): readonly PlannedCluster[] {
  const made: PlannedCluster[] = [];
  for (const cluster of clusters) {
    const last = made.at(-1);
    if (last === undefined || !sameCluster(last, cluster)) made.push(cluster);
    else made[made.length - 1] = { ...last, weight: last.weight + cluster.weight };
  }
  return made;
}
