/**
 * serin as a library: an xDS server for Envoy and gRPC, and the cache of snapshots that it serves.
 * The product in `src/app` is made over this interface and no other.
 *
 * @packageDocumentation
 */
export type { ClientStatusReaders, HostPort, TlsFiles, XdsTlsFiles } from "./config/config.ts";
export { tlsProblem } from "./config/tls.ts";
export type * as messages from "./gen/messages.ts";
export type { Brand } from "./lib/brand.ts";
export type { Clock } from "./lib/clock.ts";
export type { Result } from "./lib/result.ts";
export { ads } from "./library/ads.ts";
export { type Maker, type ResourceOptions, resource } from "./library/resource.ts";
export { typeUrls } from "./library/type-urls.ts";
export type { JsonFault } from "./proto/json.ts";
export type { MessageOf } from "./proto/messages.ts";
export type { JsonObject, JsonValue } from "./proto/write-struct.ts";
export type { Bundle } from "./snapshot/bundle.ts";
export type { Bundles } from "./snapshot/bundle-diff.ts";
export { type MissingReference, missingReferences } from "./snapshot/consistency.ts";
export type { Reference, Resource } from "./snapshot/resource.ts";
export type { Progress } from "./snapshot/retirement.ts";
export {
  createSnapshot,
  resourcesOf,
  type Snapshot,
  type SnapshotVersions,
} from "./snapshot/snapshot.ts";
export { shortName, type TypeUrl } from "./snapshot/type-url.ts";
export type { ResourceChange } from "./snapshot/view.ts";
export type { CacheUpdate, ResourceName } from "./xds/cache-update.ts";
export type { XdsCallbacks } from "./xds/callbacks.ts";
export { connectedProxy, type ProxyParts } from "./xds/connected-proxy.ts";
export type { GroupView, TypeView } from "./xds/group-view.ts";
export type {
  ReportedCluster,
  ReportedCounts,
  ReportedEndpoint,
  ReportedLocality,
  ReportedMetric,
} from "./xds/load/load-report.ts";
export type { ConnectedProxy, NodeId, ProxyNode } from "./xds/node.ts";
export type {
  EndEvent,
  HealthObserver,
  HealthRefusal,
  HealthReportEvent,
  LatencyReportEvent,
  LoadEndEvent,
  LoadObserver,
  LoadReportEvent,
  LoadStreamEvent,
  NackEvent,
  PushEvent,
  RequestEvent,
  ResponseEvent,
  StreamEvent,
  VerdictEvent,
  XdsObserver,
} from "./xds/observer.ts";
export type { WireBounds } from "./xds/server/bounds.ts";
export type {
  ClientStatusOptions,
  StatusAnswered,
  StatusFailure,
} from "./xds/server/client-status.ts";
export type { ListenObserver, ListenOptions } from "./xds/server/listen.ts";
export {
  type CacheLimits,
  type GroupChange,
  SnapshotCache,
  type SnapshotCacheOptions,
} from "./xds/snapshot-cache.ts";
export type { ReportedHealth } from "./xds/stats/reported-health.ts";
export type { ReportedLatency } from "./xds/stats/reported-latency.ts";
export type { ShowResource } from "./xds/status/status-answer.ts";
export type { Variant } from "./xds/stream-state.ts";
export type { Lag, RejectionStatus, StreamStatus, TypeStatus } from "./xds/stream-status.ts";
export type { CallbackFailed } from "./xds/user-calls.ts";
export type { Verdict } from "./xds/verdict.ts";
export {
  type Applied,
  type AppliedOptions,
  type Behind,
  type LoadReporting,
  XdsServer,
  type XdsServerOptions,
} from "./xds/xds-server.ts";
