/** Rollouts of services and subsets that are not there, or with steps that nobody carries out. No resource depends on a rollout. */
import type { Diagnostic, DiagnosticCode } from "../lib/diagnostic.ts";
import type { ServiceName, SubsetName } from "../model/names.ts";
import type { Rollout } from "../model/rollout.ts";
import type { TranslatedService } from "./service.ts";

export function rolloutDiagnostics(
  rollouts: ReadonlyMap<ServiceName, Rollout>,
  services: ReadonlyMap<ServiceName, TranslatedService>,
): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const { service, stable, canary, steps } of rollouts.values()) {
    const translated = services.get(service);
    const key = `rollouts/${service}`;
    const doubt = (code: DiagnosticCode, path: string, message: string) =>
      found.push({ severity: "warning", code, key, revision: 0n, path, message });
    if (translated === undefined) {
      doubt("REFERENCE_MISSING", "", `no service ${service}: there is nothing to release`);
      continue;
    }
    const look = (field: string, subset: SubsetName): void => {
      if (translated.routing.subsets.get(subset)?.known === true) return;
      const why = "it is not listed, and no instance has this version";
      const message = `${service} has no subset ${subset}: ${why}`;
      doubt("SPLIT_UNKNOWN_SUBSET", `strategy.canary.${field}`, message);
    };
    for (const [index, { kind }] of steps.entries()) {
      if (kind !== "setHeaderRoute" && kind !== "setMirrorRoute") continue;
      const why = "this version of serin has no such routes, and the release holds before the step";
      doubt("STEP_UNSUPPORTED", `strategy.canary.steps[${index}].${kind}`, why);
    }
    look("stableSubset", stable);
    look("canarySubset", canary);
  }
  return found;
}
