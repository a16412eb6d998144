/**
 * The xDS services by their official names: the aggregated one, and one per type for proxies whose
 * config source names this server for a single type. VHDS exists as delta only.
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#streaming-grpc-subscriptions
 */
import { type TypeUrl, typeUrls } from "../snapshot/type-url.ts";
import type { Variant } from "./stream-state.ts";

export interface XdsService {
  /** Full name, without a slash. */
  readonly name: string;
  readonly methods: readonly { readonly name: string; readonly variant: Variant }[];
  /** undefined: all types. */
  readonly onlyType: TypeUrl | undefined;
}

export const xdsServices: readonly XdsService[] = [
  {
    name: "envoy.service.discovery.v3.AggregatedDiscoveryService",
    methods: bothVariants("AggregatedResources"),
    onlyType: undefined,
  },
  {
    name: "envoy.service.listener.v3.ListenerDiscoveryService",
    methods: bothVariants("Listeners"),
    onlyType: typeUrls.listener,
  },
  {
    name: "envoy.service.route.v3.RouteDiscoveryService",
    methods: bothVariants("Routes"),
    onlyType: typeUrls.route,
  },
  {
    name: "envoy.service.route.v3.ScopedRoutesDiscoveryService",
    methods: bothVariants("ScopedRoutes"),
    onlyType: typeUrls.scopedRoute,
  },
  {
    name: "envoy.service.route.v3.VirtualHostDiscoveryService",
    methods: [{ name: "DeltaVirtualHosts", variant: "delta" }],
    onlyType: typeUrls.virtualHost,
  },
  {
    name: "envoy.service.cluster.v3.ClusterDiscoveryService",
    methods: bothVariants("Clusters"),
    onlyType: typeUrls.cluster,
  },
  {
    name: "envoy.service.endpoint.v3.EndpointDiscoveryService",
    methods: bothVariants("Endpoints"),
    onlyType: typeUrls.endpoint,
  },
  {
    name: "envoy.service.secret.v3.SecretDiscoveryService",
    methods: bothVariants("Secrets"),
    onlyType: typeUrls.secret,
  },
  {
    name: "envoy.service.runtime.v3.RuntimeDiscoveryService",
    methods: bothVariants("Runtime"),
    onlyType: typeUrls.runtime,
  },
  {
    name: "envoy.service.extension.v3.ExtensionConfigDiscoveryService",
    methods: bothVariants("ExtensionConfigs"),
    onlyType: typeUrls.extensionConfig,
  },
];

function bothVariants(suffix: string): XdsService["methods"] {
  return [
    { name: `Stream${suffix}`, variant: "sotw" },
    { name: `Delta${suffix}`, variant: "delta" },
  ];
}

/** Load reports (LRS), which bring no resources. */
export const loadService = "envoy.service.load_stats.v3.LoadReportingService";
export const loadMethod = "StreamLoadStats";

/** Statistics of Envoys (OTLP), each call with one message. */
export const statsService = "opentelemetry.proto.collector.metrics.v1.MetricsService";
export const statsMethod = "Export";

/** What each proxy runs (CSDS), for those who may know. */
export const statusService = "envoy.service.status.v3.ClientStatusDiscoveryService";
