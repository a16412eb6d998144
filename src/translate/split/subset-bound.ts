/**
 * How many subsets the tags of instances can make. Each is a cluster on every proxy, and tags are
 * written by whoever starts an instance: one with a new version at every start must not fill the
 * proxies.
 */
import type { Diagnostic } from "../../lib/diagnostic.ts";
import type { SubsetName } from "../../model/names.ts";
import type { Service } from "../../model/service.ts";
import type { ServiceSubset } from "./subsets.ts";

/**
 * Those of the settings, of the weights and of routes always stay: operators name them. Of the others
 * the first `max`, in their order, less the number of those that stay.
 */
export function boundedSubsets(
  service: Service,
  subsets: readonly ServiceSubset[],
  routed: readonly SubsetName[],
  max: number,
): { readonly kept: readonly ServiceSubset[]; readonly diagnostics: readonly Diagnostic[] } {
  if (service.settings.subsets.length > 0 || subsets.length <= max) {
    return { kept: subsets, diagnostics: [] };
  }
  const named = new Set([...(service.weights ?? []).map(({ subset }) => subset), ...routed]);
  let room = max - subsets.filter(({ name }) => named.has(name)).length;
  const kept = subsets.filter(({ name }) => {
    if (named.has(name)) return true;
    room -= 1;
    return room >= 0;
  });
  return { kept, diagnostics: [tooMany(service, subsets.length, kept.length)] };
}

function tooMany({ name }: Service, versions: number, kept: number): Diagnostic {
  const left = versions - kept;
  return {
    severity: "warning",
    code: "SPLIT_UNKNOWN_SUBSET",
    key: `services/${name}`,
    revision: 0n,
    path: "",
    message: `instances of ${name} are of ${versions} versions: ${left} of them get no cluster and no traffic; list subsets in the settings, or name those that count in weights`,
  };
}
