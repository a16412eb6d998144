import { unreachable } from "../../lib/assert.ts";
import type { DesiredState } from "../../model/desired-state.ts";
import type { Gateway } from "../../model/gateway.ts";
import type { GatewayName, ServiceName } from "../../model/names.ts";
import type { RawResource } from "../../model/raw-resource.ts";
import type { HttpRoute } from "../../model/route.ts";
import type { Service } from "../../model/service.ts";
import type { Content } from "./content.ts";
import {
  assemble,
  noParts,
  patchParts,
  type ServiceParts,
  type ServicePatch,
} from "./service-parts.ts";
import { patchSorted } from "./sorted-map.ts";

/** What one key contributed and what it contributes now; undefined: nothing. They differ. */
export interface Effect {
  readonly key: string;
  readonly old: Content | undefined;
  readonly now: Content | undefined;
}

interface Patch {
  readonly services: Map<ServiceName, ServicePatch>;
  readonly routes: Map<string, HttpRoute | undefined>;
  readonly gateways: Map<GatewayName, Gateway | undefined>;
  readonly rawResources: Map<string, RawResource | undefined>;
}

/** The next state. Maps and services that no effect touches keep their identity. */
export function patchState(
  state: DesiredState,
  partsByService: Map<ServiceName, ServiceParts>,
  effects: readonly Effect[],
  revision: bigint,
): DesiredState {
  const patch: Patch = {
    services: new Map(),
    routes: new Map(),
    gateways: new Map(),
    rawResources: new Map(),
  };
  for (const { old, now } of effects) {
    const either = now ?? old;
    if (either !== undefined) record(patch, either, now !== undefined);
  }
  return {
    ...state,
    revision,
    services: patchSorted(state.services, patchServices(partsByService, patch.services)),
    routes: patchSorted(state.routes, patch.routes),
    gateways: patchSorted(state.gateways, patch.gateways),
    rawResources: patchSorted(state.rawResources, patch.rawResources),
  };
}

/** A key always contributes the same kind of content, so a removal is its content turned around. */
function record(patch: Patch, content: Content, isPresent: boolean): void {
  switch (content.kind) {
    case "settings":
      servicePatch(patch, content.service).settings = isPresent ? content.settings : undefined;
      return;
    case "weights":
      servicePatch(patch, content.service).weights = isPresent ? content.weights : undefined;
      return;
    case "instance": {
      const { service, id } = content.instance;
      servicePatch(patch, service).instances.set(id, isPresent ? content.instance : undefined);
      return;
    }
    case "route":
      patch.routes.set(content.route.origin, isPresent ? content.route : undefined);
      return;
    case "gateway":
      patch.gateways.set(content.gateway.name, isPresent ? content.gateway : undefined);
      return;
    case "resource":
      patch.rawResources.set(content.resource.origin, isPresent ? content.resource : undefined);
      return;
    default:
      unreachable(content);
  }
}

function servicePatch({ services }: Patch, name: ServiceName): ServicePatch {
  const known = services.get(name);
  if (known !== undefined) return known;
  const fresh: ServicePatch = { instances: new Map() };
  services.set(name, fresh);
  return fresh;
}

function patchServices(
  partsByService: Map<ServiceName, ServiceParts>,
  patches: ReadonlyMap<ServiceName, ServicePatch>,
): ReadonlyMap<ServiceName, Service | undefined> {
  const services = new Map<ServiceName, Service | undefined>();
  for (const [name, patch] of patches) {
    const parts = patchParts(partsByService.get(name) ?? noParts, patch);
    const service = assemble(name, parts);
    if (service === undefined) partsByService.delete(name);
    else partsByService.set(name, parts);
    services.set(name, service);
  }
  return services;
}
