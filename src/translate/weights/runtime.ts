/**
 * The layer `weights`: runtime keys over RTDS, which beat the weights that stand in routes.
 * https://www.envoyproxy.io/docs/envoy/latest/configuration/operations/runtime#runtime-discovery-service-rtds
 */
import { encodeAny } from "../../proto/encode.ts";
import { keyedVersion } from "../../snapshot/keyed-version.ts";
import { makeResource, type Resource } from "../../snapshot/resource.ts";
import { typeUrls } from "../../snapshot/type-url.ts";
import type { SplitKeys } from "./split-keys.ts";

/** Name of the layer in a bootstrap, and of the resource. */
export const weightsLayer = "weights";

/**
 * Envoy does not judge runtime keys: it takes a split of zeros, and answers 404. A split of ours
 * always has a sum.
 */
export function weightsRuntime(splits: readonly SplitKeys[]): Resource {
  const keys = splits
    .flatMap(({ prefix, weights }) =>
      [...weights].map(([cluster, weight]) => [`${prefix}.${cluster}`, weight] as const),
    )
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return makeResource({
    typeUrl: typeUrls.runtime,
    name: weightsLayer,
    any: encodeAny("envoy.service.runtime.v3.Runtime", {
      name: weightsLayer,
      layer: Object.fromEntries(keys),
    }),
    version: keyedVersion(keys),
    versionProves: true,
    origins: splits.map(({ service }) => `weights/${service}`).sort(),
  });
}
