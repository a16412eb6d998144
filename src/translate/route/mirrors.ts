/** Copies of requests: to one cluster, or to each of a service's split in its share. */
import type { Mirror } from "../../model/route.ts";
import { clusterName } from "../names.ts";
import { denominator } from "../split/apportion.ts";
import { type BackendDiagnostic, type FoundServices, targetParts } from "./backends.ts";
import type { PlannedMirror } from "./plan.ts";

export interface ResolvedMirrors {
  readonly mirrors: readonly PlannedMirror[];
  readonly diagnostics: readonly BackendDiagnostic[];
}

/** A mirror that leads nowhere is left out: the requests themselves are not to suffer. */
export function mirrorsOf(mirrors: readonly Mirror[], found: FoundServices): ResolvedMirrors {
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
    for (const { target, weight, receiver = target } of targetParts(mirror, service).parts) {
      const perMillion = Math.round((mirror.perMillion * weight) / denominator);
      const { subset } = receiver;
      if (perMillion > 0) planned.push({ service: mirror.service, subset, perMillion });
    }
  }
  return { mirrors: planned, diagnostics };
}
