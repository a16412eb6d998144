/** Short ways to write model values in tests; each goes around decode and its checks. */
import { type DesiredState, emptyState } from "../../../src/model/desired-state.ts";
import { type Gateway, plainListener } from "../../../src/model/gateway.ts";
import type { Instance } from "../../../src/model/instance.ts";
import type {
  GatewayName,
  InstanceId,
  ListenerName,
  ServiceName,
  SubsetName,
} from "../../../src/model/names.ts";
import type { RawResource } from "../../../src/model/raw-resource.ts";
import {
  everyRequest,
  type HttpRoute,
  type PathMatch,
  plainBackend,
  plainRule,
} from "../../../src/model/route.ts";
import {
  defaultSettings,
  type Service,
  type ServiceRelease,
  type Subset,
} from "../../../src/model/service.ts";

export const subsetName = (name: string): SubsetName => name as SubsetName;

export interface InstanceParts {
  readonly version?: string;
  readonly weight?: number;
  readonly zone?: string;
  readonly canary?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
}

export function instance(service: string, n: number, parts: InstanceParts = {}): Instance {
  const labels = new Map(Object.entries(parts.labels ?? {}));
  if (parts.version !== undefined) labels.set("version", parts.version);
  return {
    service: service as ServiceName,
    id: `i${n}` as InstanceId,
    address: { host: "127.0.0.1", port: 8000 + n },
    labels,
    weight: parts.weight,
    zone: parts.zone ?? "",
    canary: parts.canary ?? false,
  };
}

export interface ServiceParts {
  readonly instances?: readonly InstanceParts[];
  readonly weights?: Readonly<Record<string, number>>;
  readonly subsets?: readonly { name: string; fallback?: string }[];
  readonly latched?: readonly string[];
  readonly release?: ServiceRelease;
  readonly http2?: boolean;
  /** Addresses. */
  readonly sick?: readonly string[];
}

export function service(name: string, parts: ServiceParts = {}): Service {
  const subsets = (parts.subsets ?? []).map(
    (subset): Subset => ({
      name: subsetName(subset.name),
      labels: new Map([["version", subset.name]]),
      fallback: subset.fallback === undefined ? undefined : subsetName(subset.fallback),
    }),
  );
  return {
    name: name as ServiceName,
    settings: { ...defaultSettings, subsets, ...(parts.http2 && { appProtocol: "http2" }) },
    instances: (parts.instances ?? []).map((each, i) => instance(name, i + 1, each)),
    latched: new Map(
      (parts.latched ?? []).map((subset) => [
        subsetName(subset),
        { atMs: 1, guard: "http-5xx", evidence: "it failed" },
      ]),
    ),
    release: parts.release,
    sick: new Map(
      (parts.sick ?? []).map((address) => [
        address,
        { sinceMs: 1, kind: "answer", reason: "it answers 503" },
      ]),
    ),
    weights:
      parts.weights === undefined
        ? undefined
        : Object.entries(parts.weights).map(([subset, weight]) => ({
            subset: subsetName(subset),
            weight,
          })),
    origins: [`services/${name}`],
  };
}

export interface StateParts {
  readonly services?: readonly Service[];
  readonly routes?: readonly HttpRoute[];
  readonly gateways?: readonly Gateway[];
  readonly rawResources?: readonly RawResource[];
}

export function state(parts: StateParts): DesiredState {
  return {
    ...emptyState,
    revision: 7n,
    services: new Map((parts.services ?? []).map((each) => [each.name, each])),
    routes: new Map((parts.routes ?? []).map((each) => [each.origin, each])),
    gateways: new Map((parts.gateways ?? []).map((each) => [each.name, each])),
    rawResources: new Map((parts.rawResources ?? []).map((each) => [each.origin, each])),
  };
}

export function gateway(name: string, parts: GatewayParts = {}): Gateway {
  return {
    name: name as GatewayName,
    nodeSelector: { id: undefined, cluster: parts.cluster, metadata: new Map() },
    listeners: (parts.listeners ?? [{ name: "http", port: 10_000 }]).map((listener) => ({
      ...plainListener,
      name: listener.name as ListenerName,
      port: listener.port,
      hostname: listener.hostname,
    })),
    origin: `gateways/${name}`,
    createRevision: 1n,
  };
}

export interface GatewayParts {
  readonly cluster?: string;
  readonly listeners?: readonly { name: string; port: number; hostname?: string }[];
}

export interface RuleParts {
  readonly paths?: readonly PathMatch[];
  readonly to: readonly { service: string; subset?: string; weight?: number }[];
}

export function route(
  name: string,
  hostnames: readonly string[],
  rules: readonly RuleParts[],
  createRevision = 1n,
): HttpRoute {
  const everyPath: readonly PathMatch[] = [{ kind: "prefix", value: "/" }];
  return {
    kind: "http",
    name,
    hostnames,
    parentRefs: [],
    rules: rules.map(({ paths, to }) => ({
      ...plainRule,
      matches: (paths ?? everyPath).map((path) => ({ ...everyRequest, path })),
      backendRefs: to.map((backend) => ({
        ...plainBackend,
        service: backend.service as ServiceName,
        subset: backend.subset === undefined ? undefined : subsetName(backend.subset),
        weight: backend.weight ?? 1,
      })),
    })),
    origin: `routes/${name}`,
    createRevision,
  };
}
