/**
 * The xDS services as the official protos define them, for a client that shares no code with the
 * encoder it checks.
 */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { loadSync, type MethodDefinition } from "@grpc/proto-loader";
import type { Variant } from "../../src/xds/stream-state.ts";

const packageFile = createRequire(import.meta.url).resolve("@grpc/grpc-js-xds/package.json");
const deps = join(dirname(packageFile), "deps");

const files = [
  "envoy/service/discovery/v3/ads.proto",
  "envoy/service/listener/v3/lds.proto",
  "envoy/service/cluster/v3/cds.proto",
  "envoy/service/route/v3/rds.proto",
  "envoy/service/endpoint/v3/eds.proto",
  "envoy/service/secret/v3/sds.proto",
  "envoy/service/runtime/v3/rtds.proto",
  "envoy/service/extension/v3/config_discovery.proto",
  "envoy/service/route/v3/srds.proto",
  "envoy/service/load_stats/v3/lrs.proto",
  "envoy/service/status/v3/csds.proto",
  "envoy/config/listener/v3/listener.proto",
  "envoy/config/cluster/v3/cluster.proto",
  "envoy/config/endpoint/v3/endpoint.proto",
  "envoy/config/route/v3/route.proto",
  "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto",
  "envoy/extensions/filters/http/router/v3/router.proto",
  "envoy/extensions/transport_sockets/tls/v3/secret.proto",
  "envoy/extensions/transport_sockets/tls/v3/tls.proto",
];

// `json` expands every google.protobuf.Any by its type URL.
const definitions = loadSync(files, {
  keepCase: true,
  longs: String,
  enums: String,
  json: true,
  includeDirs: ["envoy-api", "googleapis", "protoc-gen-validate", "xds"].map((d) => join(deps, d)),
});

const services = {
  ADS: ["envoy.service.discovery.v3.AggregatedDiscoveryService", "AggregatedResources"],
  LDS: ["envoy.service.listener.v3.ListenerDiscoveryService", "Listeners"],
  RDS: ["envoy.service.route.v3.RouteDiscoveryService", "Routes"],
  CDS: ["envoy.service.cluster.v3.ClusterDiscoveryService", "Clusters"],
  EDS: ["envoy.service.endpoint.v3.EndpointDiscoveryService", "Endpoints"],
  SDS: ["envoy.service.secret.v3.SecretDiscoveryService", "Secrets"],
  RTDS: ["envoy.service.runtime.v3.RuntimeDiscoveryService", "Runtime"],
  ECDS: ["envoy.service.extension.v3.ExtensionConfigDiscoveryService", "ExtensionConfigs"],
  SRDS: ["envoy.service.route.v3.ScopedRoutesDiscoveryService", "ScopedRoutes"],
  /** Load reports; of streams alone. */
  LRS: ["envoy.service.load_stats.v3.LoadReportingService", "LoadStats"],
} as const;

export type ServiceName = keyof typeof services | "VHDS";

export function methodOf(
  service: ServiceName,
  variant: Variant,
): MethodDefinition<object, object, object, object> {
  // The package lacks this one service, which has the messages of any other one.
  if (service === "VHDS") {
    const path = "/envoy.service.route.v3.VirtualHostDiscoveryService/DeltaVirtualHosts";
    return { ...methodOf("RDS", "delta"), path };
  }
  const [name, suffix] = services[service];
  return definitionOf(name, `${variant === "sotw" ? "Stream" : "Delta"}${suffix}`);
}

/** By the full name of a service. */
export function definitionOf(
  name: string,
  method: string,
): MethodDefinition<object, object, object, object> {
  const found = (definitions[name] as Readonly<Record<string, unknown>> | undefined)?.[method];
  if (found === undefined) throw new Error(`no method ${name}.${method} in the official protos`);
  return found as MethodDefinition<object, object, object, object>;
}
