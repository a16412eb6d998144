/**
 * The resource types serin knows by name. Any other type URL passes through as well: the protocol
 * step only asks the questions answered here.
 */
import type { Brand } from "../lib/brand.ts";

/** `type.googleapis.com/` and the full name of a message. */
export type TypeUrl = Brand<string, "TypeUrl">;

const envoy = (name: string): TypeUrl => `type.googleapis.com/envoy.${name}` as TypeUrl;

/** Those of the types that serin looks into. */
export const typeUrls = {
  cluster: envoy("config.cluster.v3.Cluster"),
  endpoint: envoy("config.endpoint.v3.ClusterLoadAssignment"),
  listener: envoy("config.listener.v3.Listener"),
  route: envoy("config.route.v3.RouteConfiguration"),
  scopedRoute: envoy("config.route.v3.ScopedRouteConfiguration"),
  virtualHost: envoy("config.route.v3.VirtualHost"),
  secret: envoy("extensions.transport_sockets.tls.v3.Secret"),
  runtime: envoy("service.runtime.v3.Runtime"),
  extensionConfig: envoy("config.core.v3.TypedExtensionConfig"),
} as const;

/**
 * Make before break: what is named comes before what names it.
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#eventual-consistency-considerations
 */
const pushOrder: readonly TypeUrl[] = [
  typeUrls.secret,
  typeUrls.cluster,
  typeUrls.endpoint,
  // Weights in a layer send traffic to clusters as routes do, and routes count on them.
  typeUrls.runtime,
  typeUrls.extensionConfig,
  typeUrls.listener,
  typeUrls.route,
  typeUrls.scopedRoute,
  typeUrls.virtualHost,
];

/** Sort key of a type in one push; unknown types come last, in the order of their names. */
export function pushRank(typeUrl: TypeUrl): number {
  const index = pushOrder.indexOf(typeUrl);
  return index === -1 ? pushOrder.length : index;
}

/**
 * Types of which a state-of-the-world response is the complete set, so that absence means removal.
 * Envoy takes scopes so as well, though the specification names only the first two (measured: those
 * that a response leaves out answer 404).
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#grouping-resources-into-responses
 */
export const isFullStateType = (typeUrl: TypeUrl): boolean =>
  typeUrl === typeUrls.listener || typeUrl === typeUrls.cluster || typeUrl === typeUrls.scopedRoute;

/**
 * Types whose resources go one to a response. Envoy takes none of a response with a secret that it
 * refuses, and all HTTPS of a starting Envoy would wait for one file that is not there.
 */
export const isSeparateType = (typeUrl: TypeUrl): boolean => typeUrl === typeUrls.secret;

/**
 * Types of which Envoy takes nothing of a response that has a bad resource in it (measured: one scope
 * too many with a key, and the good change beside it is not there either). 10,000 cannot go one by
 * one, so a rejected response is sent again in halves, until the bad one stands alone.
 */
export const isHalvedType = (typeUrl: TypeUrl): boolean => typeUrl === typeUrls.scopedRoute;

/**
 * Types of which a state-of-the-world response tells the time to live. Measured with Envoy 1.40: a
 * route configuration that runs out in this variant is a segmentation fault.
 */
export const hasTtlInSotw = (typeUrl: TypeUrl): boolean =>
  typeUrl === typeUrls.listener || typeUrl === typeUrls.cluster;

/**
 * The route configuration that a virtual host belongs to: all of the name before the last slash.
 * https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/vhds
 */
export const routeOfHost = (name: string): string =>
  name.slice(0, Math.max(0, name.lastIndexOf("/")));

/** `LDS`, `CDS` …, for logs and tables; the type URL's last part where there is no short name. */
export function shortName(typeUrl: TypeUrl): string {
  switch (typeUrl) {
    case typeUrls.cluster:
      return "CDS";
    case typeUrls.endpoint:
      return "EDS";
    case typeUrls.listener:
      return "LDS";
    case typeUrls.route:
      return "RDS";
    case typeUrls.scopedRoute:
      return "SRDS";
    case typeUrls.virtualHost:
      return "VHDS";
    case typeUrls.secret:
      return "SDS";
    case typeUrls.runtime:
      return "RTDS";
    case typeUrls.extensionConfig:
      return "ECDS";
    default:
      return typeUrl.slice(typeUrl.lastIndexOf(".") + 1);
  }
}
