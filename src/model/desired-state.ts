/**
 * What the operators want, as one immutable value: the meeting point of decode and translate.
 * Unchanged parts keep their identity from one state to the next.
 */
import type { AnalysisTemplate } from "./analysis-template.ts";
import type { Gateway } from "./gateway.ts";
import type { Lane } from "./lane.ts";
import type { GatewayName, LaneName, SecretName, ServiceName, TemplateName } from "./names.ts";
import type { NodeSnapshot } from "./node-snapshot.ts";
import type { RawResource } from "./raw-resource.ts";
import type { Rollout } from "./rollout.ts";
import type { HttpRoute, StreamRoute } from "./route.ts";
import type { Secret } from "./secret.ts";
import type { Service } from "./service.ts";

export interface DesiredState {
  /** Store revision that this state reflects whole. */
  readonly revision: bigint;
  readonly services: ReadonlyMap<ServiceName, Service>;
  /** At which revision the weights of a service were written last; only of those that have some. */
  readonly weightsRevisions: ReadonlyMap<ServiceName, bigint>;
  /** Of HTTP and gRPC, by store key. */
  readonly routes: ReadonlyMap<string, HttpRoute>;
  /** Of TCP and TLS, by store key. */
  readonly streamRoutes: ReadonlyMap<string, StreamRoute>;
  readonly gateways: ReadonlyMap<GatewayName, Gateway>;
  readonly lanes: ReadonlyMap<LaneName, Lane>;
  /** With the metrics of the templates that they name. No resource depends on them. */
  readonly rollouts: ReadonlyMap<ServiceName, Rollout>;
  readonly analysisTemplates: ReadonlyMap<TemplateName, AnalysisTemplate>;
  readonly secrets: ReadonlyMap<SecretName, Secret>;
  /** By node id. */
  readonly nodeSnapshots: ReadonlyMap<string, NodeSnapshot>;
  /** By store key. */
  readonly rawResources: ReadonlyMap<string, RawResource>;
}

export const emptyState: DesiredState = {
  revision: 0n,
  services: new Map(),
  weightsRevisions: new Map(),
  routes: new Map(),
  streamRoutes: new Map(),
  lanes: new Map(),
  rollouts: new Map(),
  analysisTemplates: new Map(),
  secrets: new Map(),
  nodeSnapshots: new Map(),
  gateways: new Map(),
  rawResources: new Map(),
};
