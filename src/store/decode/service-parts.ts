/** Puts a service together from its keys: settings, weights, one key per instance, and how its release stands. */
import { isDeepStrictEqual } from "node:util";
import type { Instance } from "../../model/instance.ts";
import { managedRoutesOf, type ReleasePosition } from "../../model/managed-routes.ts";
import type { InstanceId, ServiceName, SubsetName } from "../../model/names.ts";
import { releaseSalt } from "../../model/release-salt.ts";
import type { Rollout } from "../../model/rollout.ts";
import type { Latch } from "../../model/rollout-status.ts";
import {
  defaultSettings,
  type Service,
  type ServiceRelease,
  type ServiceSettings,
  type Sickness,
  type SubsetWeight,
} from "../../model/service.ts";
import { guardStatusKey, rolloutStatusKey } from "../status-keys.ts";
import { patchSorted } from "./sorted-map.ts";

export interface ServiceParts {
  readonly settings: ServiceSettings | undefined;
  readonly weights: readonly SubsetWeight[] | undefined;
  readonly latched: ReadonlyMap<SubsetName, Latch>;
  readonly rollout: Rollout | undefined;
  readonly position: ReleasePosition | undefined;
  /** What follows from both, and mostly stays when they change. */
  readonly release: ServiceRelease | undefined;
  readonly sick: ReadonlyMap<string, Sickness>;
  /** Sorted by id. */
  readonly instances: ReadonlyMap<InstanceId, Instance>;
}

/** What a change says of one service; a part that is absent stays. */
export interface ServicePatch {
  settings?: ServiceSettings | undefined;
  weights?: readonly SubsetWeight[] | undefined;
  latched?: ReadonlyMap<SubsetName, Latch>;
  rollout?: Rollout | undefined;
  position?: ReleasePosition | undefined;
  sick?: ReadonlyMap<string, Sickness>;
  readonly instances: Map<InstanceId, Instance | undefined>;
}

export const noParts: ServiceParts = {
  settings: undefined,
  weights: undefined,
  latched: new Map(),
  rollout: undefined,
  position: undefined,
  release: undefined,
  sick: new Map(),
  instances: new Map(),
};

/** Parts that are as they were are the same objects. */
export function patchParts(
  name: ServiceName,
  parts: ServiceParts,
  patch: ServicePatch,
): ServiceParts {
  const { rollout, position } = { ...parts, ...patch };
  const isSame = rollout === parts.rollout && position === parts.position;
  const release = isSame ? parts.release : releaseOf(name, rollout, position);
  return {
    settings: "settings" in patch ? patch.settings : parts.settings,
    weights: "weights" in patch ? kept(parts.weights, patch.weights) : parts.weights,
    latched: patch.latched ?? parts.latched,
    rollout,
    position,
    release: kept(parts.release, release),
    sick: patch.sick ?? parts.sick,
    instances: patchSorted(parts.instances, patch.instances),
  };
}

const kept = <T>(before: T, now: T): T => (isDeepStrictEqual(before, now) ? before : now);

/**
 * The salt is that of the status, so that it stays until the next release begins, whatever becomes of the
 * object meanwhile.
 */
const releaseOf = (
  name: ServiceName,
  rollout: Rollout | undefined,
  position: ReleasePosition | undefined,
): ServiceRelease | undefined =>
  position && {
    salt: releaseSalt(name, position.specHash),
    routes: managedRoutesOf(rollout, position),
  };

/** Weights that were written again as they were, or a release that went on, are nothing to proxies. */
export const isSameService = (a: ServiceParts, b: ServiceParts): boolean =>
  a.settings === b.settings &&
  a.weights === b.weights &&
  a.latched === b.latched &&
  a.release === b.release &&
  a.sick === b.sick &&
  a.instances === b.instances;

/** Latches, verdicts and a release outlive the instances of a service, which may come back. */
export const isNothing = ({ latched, sick, rollout, position, ...parts }: ServiceParts): boolean =>
  latched.size + sick.size === 0 &&
  rollout === undefined &&
  position === undefined &&
  !isThere(parts);

const isThere = ({
  settings,
  weights,
  instances,
}: Pick<ServiceParts, "settings" | "weights" | "instances">): boolean =>
  settings !== undefined || weights !== undefined || instances.size > 0;

/** undefined where nothing is left of the service: it exists by any one of its keys. */
export function assemble(name: ServiceName, parts: ServiceParts): Service | undefined {
  if (!isThere(parts)) return undefined;
  const { settings, weights, latched, release, sick, instances } = parts;
  const isRouted = release !== undefined && release.routes.length > 0;
  return {
    name,
    settings: settings ?? defaultSettings,
    instances: [...instances.values()],
    weights,
    latched,
    release,
    sick,
    // Not `status/health`: what Envoys get does not depend on it.
    origins: [
      ...Array.from(instances.keys(), (id) => `endpoints/${name}/${id}`),
      ...(isRouted ? [`rollouts/${name}`] : []),
      ...(settings === undefined ? [] : [`services/${name}`]),
      ...(latched.size === 0 ? [] : [guardStatusKey(name)]),
      ...(isRouted ? [rolloutStatusKey(name)] : []),
      ...(weights === undefined ? [] : [`weights/${name}`]),
    ],
  };
}
