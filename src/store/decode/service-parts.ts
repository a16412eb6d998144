/** Puts a service together from its keys: settings, weights and one key per instance. */
import { isDeepStrictEqual } from "node:util";
import type { Instance } from "../../model/instance.ts";
import type { InstanceId, ServiceName, SubsetName } from "../../model/names.ts";
import type { Latch } from "../../model/rollout-status.ts";
import {
  defaultSettings,
  type Service,
  type ServiceSettings,
  type SubsetWeight,
} from "../../model/service.ts";
import { patchSorted } from "./sorted-map.ts";

export interface ServiceParts {
  readonly settings: ServiceSettings | undefined;
  readonly weights: readonly SubsetWeight[] | undefined;
  readonly latched: ReadonlyMap<SubsetName, Latch>;
  /** Sorted by id. */
  readonly instances: ReadonlyMap<InstanceId, Instance>;
}

/** What a change says of one service; a part that is absent stays. */
export interface ServicePatch {
  settings?: ServiceSettings | undefined;
  weights?: readonly SubsetWeight[] | undefined;
  latched?: ReadonlyMap<SubsetName, Latch>;
  readonly instances: Map<InstanceId, Instance | undefined>;
}

export const noParts: ServiceParts = {
  settings: undefined,
  weights: undefined,
  latched: new Map(),
  instances: new Map(),
};

export const patchParts = (parts: ServiceParts, patch: ServicePatch): ServiceParts => ({
  settings: "settings" in patch ? patch.settings : parts.settings,
  weights: "weights" in patch ? patch.weights : parts.weights,
  latched: patch.latched ?? parts.latched,
  instances: patchSorted(parts.instances, patch.instances),
});

/** Weights that were written again as they were. */
export const changesNothing = (parts: ServiceParts, patch: ServicePatch): boolean =>
  !("settings" in patch) &&
  patch.latched === undefined &&
  patch.instances.size === 0 &&
  isDeepStrictEqual(parts.weights, patch.weights);

/** undefined where nothing is left of the service: it exists by any one of its keys. */
export function assemble(name: ServiceName, parts: ServiceParts): Service | undefined {
  const { settings, weights, latched, instances } = parts;
  if (settings === undefined && weights === undefined && instances.size === 0) return undefined;
  return {
    name,
    settings: settings ?? defaultSettings,
    instances: [...instances.values()],
    weights,
    latched,
    origins: [
      ...Array.from(instances.keys(), (id) => `endpoints/${name}/${id}`),
      ...(settings === undefined ? [] : [`services/${name}`]),
      ...(latched.size === 0 ? [] : [`status/guards/${name}`]),
      ...(weights === undefined ? [] : [`weights/${name}`]),
    ],
  };
}
