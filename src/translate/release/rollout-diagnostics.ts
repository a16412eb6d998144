/** Rollouts of services and subsets that are not there, and routes of releases that have no effect. */
import type { Diagnostic, DiagnosticCode } from "../../lib/diagnostic.ts";
import type { ServiceName, SubsetName } from "../../model/names.ts";
import type { Rollout } from "../../model/rollout.ts";
import { clusterName } from "../names.ts";
import type { TranslatedService } from "../service.ts";

interface Doubt {
  readonly code: DiagnosticCode;
  readonly path: string;
  readonly message: string;
}

export function rolloutDiagnostics(
  rollouts: ReadonlyMap<ServiceName, Rollout>,
  services: ReadonlyMap<ServiceName, TranslatedService>,
): readonly Diagnostic[] {
  return [...rollouts.values()].flatMap((rollout) =>
    doubtsOf(rollout, services.get(rollout.service)).map((doubt): Diagnostic => {
      const key = `rollouts/${rollout.service}`;
      return { severity: "warning", key, revision: 0n, ...doubt };
    }),
  );
}

function doubtsOf(rollout: Rollout, found: TranslatedService | undefined): readonly Doubt[] {
  const { service, stable, canary } = rollout;
  if (found === undefined) {
    const message = `no service ${service}: there is nothing to release`;
    return [{ code: "REFERENCE_MISSING", path: "", message }];
  }
  return [
    ...mirrorDoubts(rollout, found),
    ...subsetDoubts(found, "stableSubset", stable),
    ...subsetDoubts(found, "canarySubset", canary),
    ...routeDoubts(found, canary),
  ];
}

/** Of HTTP services nothing is said: hardly anybody calls them by gRPC. */
function mirrorDoubts({ steps }: Rollout, { service }: TranslatedService): readonly Doubt[] {
  if (service.settings.appProtocol !== "http2") return [];
  return steps.flatMap((step, index) => {
    if (step.kind !== "setMirrorRoute" || step.match.length === 0) return [];
    const path = `strategy.canary.steps[${index}].setMirrorRoute`;
    const message = "for gRPC clients without a proxy, nothing is mirrored";
    return [{ code: "GRPC_UNSUPPORTED", path, message }];
  });
}

function subsetDoubts(
  { service: { name, settings }, routing }: TranslatedService,
  field: string,
  subset: SubsetName,
): readonly Doubt[] {
  if (routing.subsets.get(subset)?.known === true) return [];
  const isListed = settings.subsets.length > 0;
  const why = isListed ? `services/${name} does not list it` : "no instance has this version";
  const message = `${name} has no subset ${subset}: ${why}`;
  return [{ code: "SPLIT_UNKNOWN_SUBSET", path: `strategy.canary.${field}`, message }];
}

/** All routes of a release lead to its canary, so that all of them are in force or none. */
function routeDoubts(
  { service: { name, release }, routing }: TranslatedService,
  canary: SubsetName,
): readonly Doubt[] {
  const routes = release?.routes ?? [];
  if (routes.length === 0 || routing.managed.length > 0) return [];
  const isLatched = routing.subsets.get(canary)?.latched === true;
  const cluster = clusterName(name, canary);
  const fact = isLatched ? `a guard has taken ${cluster} out` : `${cluster} has no usable endpoint`;
  const names = routes.map((each) => each.name).join(", ");
  const message = `${fact}: the routes of the release (${names}) lead nobody there`;
  return [{ code: isLatched ? "SPLIT_LATCHED" : "SPLIT_NO_ENDPOINTS", path: "", message }];
}
