/** Gateways, routes and secrets as model values, and translations as plain content. */
import { type DesiredState, emptyState } from "../../../../src/model/desired-state.ts";
import {
  type Gateway,
  type GatewayListener,
  type ListenerTls,
  plainListener,
} from "../../../../src/model/gateway.ts";
import type { Lane } from "../../../../src/model/lane.ts";
import type {
  GatewayName,
  ListenerName,
  SecretName,
  ServiceName,
} from "../../../../src/model/names.ts";
import {
  type BackendRef,
  type HttpRoute,
  type ParentRef,
  plainBackend,
  type StreamRoute,
} from "../../../../src/model/route.ts";
import type { Secret } from "../../../../src/model/secret.ts";
import type { Service } from "../../../../src/model/service.ts";
import { decodeAny } from "../../../../src/proto/decode.ts";
import { toJson } from "../../../../src/proto/json.ts";
import { ourRoot } from "../../../../src/proto/root.ts";
import type { Resource } from "../../../../src/snapshot/resource.ts";
import { typeUrls } from "../../../../src/snapshot/type-url.ts";
import { createTranslator, type Translation } from "../../../../src/translate/translate.ts";

export type ListenerParts = Partial<Omit<GatewayListener, "name" | "services">> & {
  readonly services?: "all" | "none" | readonly string[];
};

/** Listeners by name; port 80 where nothing is said. */
export const gatewayOf = (
  name: string,
  listeners: Readonly<Record<string, ListenerParts>>,
): Gateway => ({
  name: name as GatewayName,
  nodeSelector: { id: undefined, cluster: undefined, metadata: new Map() },
  listeners: Object.entries(listeners).map(
    ([listener, parts]) =>
      ({ ...plainListener, port: 80, ...parts, name: listener }) as GatewayListener & {
        readonly name: ListenerName;
      },
  ),
  origin: `gateways/${name}`,
  createRevision: 1n,
});

export const terminate = (certificates: readonly string[], clientCa?: string): ListenerTls => ({
  mode: "terminate",
  certificates: certificates as readonly SecretName[],
  clientCa: clientCa as SecretName | undefined,
});

export const passthrough: ListenerTls = { mode: "passthrough" };

export const at = (gateway: string, listener?: string, port?: number): ParentRef => ({
  kind: "gateway",
  gateway,
  listener,
  port,
});

export const ofService = (service: string): ParentRef => ({
  kind: "service",
  service: service as ServiceName,
});

export const withParents = (route: HttpRoute, ...parentRefs: readonly ParentRef[]): HttpRoute => ({
  ...route,
  parentRefs,
});

export const streamRoute = (
  kind: "tcp" | "tls",
  name: string,
  to: Readonly<Record<string, number>>,
  parts: Partial<StreamRoute> = {},
): StreamRoute => ({
  kind,
  name,
  hostnames: [],
  parentRefs: [],
  backendRefs: Object.entries(to).map(
    ([service, weight]): BackendRef => ({
      ...plainBackend,
      service: service as ServiceName,
      subset: undefined,
      weight,
    }),
  ),
  origin: `${kind}routes/${name}`,
  createRevision: 1n,
  ...parts,
});

export const secret = (name: string, parts: { certificate?: string; ca?: string }): Secret => ({
  name: name as SecretName,
  content: {
    kind: "inline",
    certificate: parts.certificate ?? "",
    privateKey: parts.certificate === undefined ? "" : "key",
    ca: parts.ca ?? "",
  },
  origin: `secrets/${name}`,
});

export interface Objects {
  readonly services?: readonly Service[];
  readonly routes?: readonly HttpRoute[];
  readonly streams?: readonly StreamRoute[];
  readonly gateways?: readonly Gateway[];
  readonly secrets?: readonly Secret[];
  readonly lanes?: readonly Lane[];
}

export const stateOf = (objects: Objects): DesiredState => ({
  ...emptyState,
  revision: 7n,
  services: new Map((objects.services ?? []).map((each) => [each.name, each])),
  routes: new Map((objects.routes ?? []).map((each) => [each.origin, each])),
  streamRoutes: new Map((objects.streams ?? []).map((each) => [each.origin, each])),
  gateways: new Map((objects.gateways ?? []).map((each) => [each.name, each])),
  secrets: new Map((objects.secrets ?? []).map((each) => [each.name, each])),
  lanes: new Map((objects.lanes ?? []).map((each) => [each.name, each])),
});

export const translated = (objects: Objects): Translation =>
  createTranslator({ defaultGateway: undefined })(stateOf(objects));

export const resourcesOf = (translation: Translation, gateway: string): readonly Resource[] =>
  translation.gateways.get(gateway as GatewayName)?.bundle.resources ?? [];

export interface PlainChain {
  readonly name?: string;
  readonly filter_chain_match?: {
    readonly server_names?: readonly string[];
    readonly transport_protocol?: string;
  };
  readonly filters: readonly { readonly typed_config: PlainFilter }[];
  readonly transport_socket?: object;
}

interface PlainFilter {
  readonly rds?: { readonly route_config_name: string };
  readonly cluster?: string;
  readonly weighted_clusters?: {
    readonly clusters: readonly { readonly name: string; readonly weight: number }[];
  };
  readonly early_header_mutation_extensions?: readonly object[];
}

export interface PlainListener {
  readonly name: string;
  readonly filter_chains: readonly PlainChain[];
  readonly listener_filters?: readonly object[];
}

export interface PlainRoutes {
  readonly virtual_hosts?: readonly {
    readonly domains: readonly string[];
    readonly routes?: readonly object[];
  }[];
}

export function plain<T>({ any }: Resource): T {
  const { typeUrl, value } = decodeAny(any);
  return toJson(ourRoot(), typeUrl, value) as T;
}

export const listenersOf = (translation: Translation, gateway: string): readonly PlainListener[] =>
  resourcesOf(translation, gateway)
    .filter(({ typeUrl }) => typeUrl === typeUrls.listener)
    .map(plain<PlainListener>);

/** Domains of each route configuration, by its name. */
export const domainsOf = (
  translation: Translation,
  gateway: string,
): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(
    resourcesOf(translation, gateway)
      .filter(({ typeUrl }) => typeUrl === typeUrls.route)
      .map((resource) => [
        resource.name,
        (plain<PlainRoutes>(resource).virtual_hosts ?? []).flatMap(({ domains }) => domains),
      ]),
  );
