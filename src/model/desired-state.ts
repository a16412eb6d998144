/**
 * What the operators want, as one immutable value: the meeting point of decode and translate.
 * Unchanged parts keep their identity from one state to the next.
 */
import type { Gateway } from "./gateway.ts";
import type { GatewayName, RouteName, ServiceName } from "./names.ts";
import type { RawResource } from "./raw-resource.ts";
import type { HttpRoute } from "./route.ts";
import type { Service } from "./service.ts";

export interface DesiredState {
  /** Store revision that this state reflects whole. */
  readonly revision: bigint;
  readonly services: ReadonlyMap<ServiceName, Service>;
  readonly routes: ReadonlyMap<RouteName, HttpRoute>;
  readonly gateways: ReadonlyMap<GatewayName, Gateway>;
  /** By store key. */
  readonly rawResources: ReadonlyMap<string, RawResource>;
}

export const emptyState: DesiredState = {
  revision: 0n,
  services: new Map(),
  routes: new Map(),
  gateways: new Map(),
  rawResources: new Map(),
};
