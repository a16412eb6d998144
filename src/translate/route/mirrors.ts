/** Copies of requests: to one cluster, or each to one of a service's split. */
import type { SubsetName } from "../../model/names.ts";
import type { Mirror } from "../../model/route.ts";
import { clusterName } from "../names.ts";
import { type BackendDiagnostic, type FoundServices, targetParts } from "./backends.ts";
import { sliceCount } from "./mirror-slices.ts";
import type { PlannedMirror } from "./plan.ts";
import type { ServiceRouting } from "./routing.ts";

export interface ResolvedMirrors {
  readonly mirrors: readonly PlannedMirror[];
  readonly diagnostics: readonly BackendDiagnostic[];
}

/**
 * A mirror that leads nowhere is left out: the requests themselves are not to suffer. So are those to a split
 * with which a match would become more routes than `slicesMax`.
 */
export function mirrorsOf(
  mirrors: readonly Mirror[],
  found: FoundServices,
  slicesMax: number,
): ResolvedMirrors {
  const planned: PlannedMirror[] = [];
  const diagnostics: BackendDiagnostic[] = [];
  for (const mirror of mirrors) {
    const service = found.get(mirror.service);
    if (service === undefined) {
      const message = `no service ${mirror.service} to mirror to; nothing is copied`;
      diagnostics.push({ code: "BACKEND_UNKNOWN", path: "filters", message });
      continue;
    }
    // Nobody stands in: the copy would be a second request to a version that is well.
    if (mirror.subset !== undefined && service.subsets.get(mirror.subset)?.latched === true) {
      const message = `a guard has taken ${clusterName(mirror.service, mirror.subset)} out; nothing is copied`;
      diagnostics.push({ code: "SPLIT_LATCHED", path: "filters", message });
      continue;
    }
    const more = sideBySide(mirror, service);
    const count = sliceCount([...planned, ...more]);
    if (count <= slicesMax) {
      planned.push(...more);
      continue;
    }
    const routes = `each match would be ${count} routes, and there is room for ${slicesMax}`;
    const message = `${mirror.service} has too many versions to be mirrored to: ${routes}; nothing is copied`;
    diagnostics.push({ code: "MIRROR_LEFT_OUT", path: "filters", message });
  }
  return { mirrors: planned, diagnostics };
}

/** The ends are rounded, not the shares, so that the shares have the mirror's as their sum. */
function sideBySide(mirror: Mirror, service: ServiceRouting): readonly PlannedMirror[] {
  const weights = new Map<SubsetName, number>();
  for (const { target, weight, receiver = target } of targetParts(mirror, service).parts) {
    weights.set(receiver.subset, (weights.get(receiver.subset) ?? 0) + weight);
  }
  const sum = [...weights.values()].reduce((total, weight) => total + weight, 0);
  const planned: PlannedMirror[] = [];
  let before = 0;
  for (const [subset, weight] of weights) {
    const from = Math.round((mirror.perMillion * before) / sum);
    before += weight;
    const perMillion = Math.round((mirror.perMillion * before) / sum) - from;
    if (perMillion > 0) planned.push({ service: mirror.service, subset, from, perMillion });
  }
  return planned;
}
