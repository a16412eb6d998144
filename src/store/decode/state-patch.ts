import { unreachable } from "../../lib/assert.ts";
import type { AnalysisTemplate } from "../../model/analysis-template.ts";
import type { DesiredState } from "../../model/desired-state.ts";
import type { Gateway } from "../../model/gateway.ts";
import type { Lane } from "../../model/lane.ts";
import type {
  GatewayName,
  LaneName,
  SecretName,
  ServiceName,
  TemplateName,
} from "../../model/names.ts";
import type { NodeSnapshot } from "../../model/node-snapshot.ts";
import type { RawResource } from "../../model/raw-resource.ts";
import type { Rollout } from "../../model/rollout.ts";
import type { HttpRoute, StreamRoute } from "../../model/route.ts";
import type { Secret } from "../../model/secret.ts";
import type { Service } from "../../model/service.ts";
import type { Content } from "./content.ts";
import {
  assemble,
  isNothing,
  isSameService,
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
  readonly weightsRevisions: Map<ServiceName, bigint | undefined>;
  readonly routes: Map<string, HttpRoute | undefined>;
  readonly streamRoutes: Map<string, StreamRoute | undefined>;
  readonly gateways: Map<GatewayName, Gateway | undefined>;
  readonly lanes: Map<LaneName, Lane | undefined>;
  readonly analysisTemplates: Map<TemplateName, AnalysisTemplate | undefined>;
  readonly secrets: Map<SecretName, Secret | undefined>;
  readonly nodeSnapshots: Map<string, NodeSnapshot | undefined>;
  readonly rawResources: Map<string, RawResource | undefined>;
}

const blankPatch = (): Patch => ({
  services: new Map(),
  weightsRevisions: new Map(),
  routes: new Map(),
  streamRoutes: new Map(),
  gateways: new Map(),
  lanes: new Map(),
  analysisTemplates: new Map(),
  secrets: new Map(),
  nodeSnapshots: new Map(),
  rawResources: new Map(),
});

export interface Change {
  readonly revision: bigint;
  readonly effects: readonly Effect[];
  /** Rollouts, linked to the templates that they name; undefined: one that goes. */
  readonly rollouts: ReadonlyMap<ServiceName, Rollout | undefined>;
}

/** The next state. Maps and services that no effect touches keep their identity. */
export function patchState(
  state: DesiredState,
  partsByService: Map<ServiceName, ServiceParts>,
  { effects, revision, rollouts }: Change,
): DesiredState {
  const patch = blankPatch();
  for (const { old, now } of effects) {
    const either = now ?? old;
    if (either !== undefined) record(patch, either, now !== undefined);
  }
  for (const [service, rollout] of rollouts) servicePatch(patch, service).rollout = rollout;
  return {
    ...state,
    revision,
    services: patchSorted(state.services, patchServices(partsByService, patch.services)),
    weightsRevisions: patchSorted(state.weightsRevisions, patch.weightsRevisions),
    routes: patchSorted(state.routes, patch.routes),
    streamRoutes: patchSorted(state.streamRoutes, patch.streamRoutes),
    gateways: patchSorted(state.gateways, patch.gateways),
    lanes: patchSorted(state.lanes, patch.lanes),
    rollouts: patchSorted(state.rollouts, rollouts),
    analysisTemplates: patchSorted(state.analysisTemplates, patch.analysisTemplates),
    secrets: patchSorted(state.secrets, patch.secrets),
    nodeSnapshots: patchSorted(state.nodeSnapshots, patch.nodeSnapshots),
    rawResources: patchSorted(state.rawResources, patch.rawResources),
  };
}

/** A key always contributes the same kind of content, so a removal is its content turned around. */
function record(patch: Patch, content: Content, isPresent: boolean): void {
  const put = <K, V>(map: Map<K, V | undefined>, key: K, value: V) => {
    map.set(key, isPresent ? value : undefined);
  };
  switch (content.kind) {
    case "settings":
      servicePatch(patch, content.service).settings = isPresent ? content.settings : undefined;
      return;
    case "weights":
      servicePatch(patch, content.service).weights = isPresent ? content.weights : undefined;
      put(patch.weightsRevisions, content.service, content.revision);
      return;
    case "latches":
      servicePatch(patch, content.service).latched = isPresent ? content.latched : new Map();
      return;
    case "position":
      servicePatch(patch, content.service).position = isPresent ? content.position : undefined;
      return;
    case "sick":
      servicePatch(patch, content.service).sick = isPresent ? content.sick : new Map();
      return;
    case "instance": {
      const { service, id } = content.instance;
      put(servicePatch(patch, service).instances, id, content.instance);
      return;
    }
    case "route":
      put(patch.routes, content.route.origin, content.route);
      return;
    case "streamRoute":
      put(patch.streamRoutes, content.route.origin, content.route);
      return;
    case "gateway":
      put(patch.gateways, content.gateway.name, content.gateway);
      return;
    case "lane":
      put(patch.lanes, content.lane.name, content.lane);
      return;
    case "rollout":
      // Linked first: rollout-links.ts.
      return;
    case "analysisTemplate":
      put(patch.analysisTemplates, content.template.name, content.template);
      return;
    case "secret":
      put(patch.secrets, content.secret.name, content.secret);
      return;
    case "nodeSnapshot":
      put(patch.nodeSnapshots, content.snapshot.nodeId, content.snapshot);
      return;
    case "resource":
      put(patch.rawResources, content.resource.origin, content.resource);
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
    const before = partsByService.get(name) ?? noParts;
    const parts = patchParts(name, before, patch);
    if (isNothing(parts)) partsByService.delete(name);
    else partsByService.set(name, parts);
    if (!isSameService(before, parts)) services.set(name, assemble(name, parts));
  }
  return services;
}
