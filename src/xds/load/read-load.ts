/**
 * A load report from bytes. A real Envoy repeats its node in each, 61 of 62 kB, and names every
 * cluster that it has: the one is passed over, and of the others those without requests. How much
 * there is to decode is counted before it is decoded.
 */
import { limits } from "../../config/limits.ts";
import { decodeMessage } from "../../proto/decode.ts";
import type { MessageOf } from "../../proto/messages.ts";
import { FieldScanner, lengthDelimited } from "../../proto/scan.ts";
import { type EndReason, reasons } from "../end-reason.ts";
import type {
  ReportedCluster,
  ReportedCounts,
  ReportedEndpoint,
  ReportedLocality,
  ReportedMetric,
} from "./load-report.ts";

export interface LoadMessage {
  /** Encoded, and looked at by nobody so far. */
  readonly node: Uint8Array | undefined;
  /** How many clusters it names, idle ones too. */
  readonly named: number;
  /** The time that it covers, ms: the longest of its clusters. */
  readonly intervalMs: number;
  readonly clusters: readonly ReportedCluster[];
}

/** Why the stream has to end, where it does. */
export function readLoad(bytes: Uint8Array): LoadMessage | EndReason {
  try {
    return read(bytes);
  } catch {
    return reasons.malformedLoad;
  }
}

/** Field numbers of envoy.service.load_stats.v3.LoadStatsRequest. */
const nodeField = 1;
const clusterField = 2;

/** The clusters of a report before they are decoded. */
class EncodedLoad {
  named = 0;
  /** Where all are idle, it tells the time that they were. */
  first: Uint8Array | undefined;
  readonly busy: Uint8Array[] = [];
  #parts = 0;

  get isTooMuch(): boolean {
    return this.named > limits.xds.loadClusters || this.#parts > limits.xds.loadParts;
  }

  add(stats: Uint8Array): void {
    this.named += 1;
    this.first ??= stats;
    const parts = countedParts(stats, ofCluster);
    this.#parts += parts;
    if (parts > 0) this.busy.push(stats);
  }
}

function read(bytes: Uint8Array): LoadMessage | EndReason {
  const field = new FieldScanner(bytes);
  const load = new EncodedLoad();
  let node: Uint8Array | undefined;
  while (field.next()) {
    if (field.wireType !== lengthDelimited) continue;
    if (field.number === nodeField) node = bytes.subarray(field.from, field.to);
    if (field.number === clusterField) load.add(bytes.subarray(field.from, field.to));
    if (load.isTooMuch) return reasons.tooMuchLoad;
  }
  const told = load.busy.map(toCluster);
  if (told.some(isNamedTooLong)) return reasons.loadNameTooLong;
  const timed = told.length > 0 || load.first === undefined ? told : [toCluster(load.first)];
  const intervalMs = Math.max(0, ...timed.map((cluster) => cluster.intervalMs));
  const clusters = told.filter(({ dropped, localities }) => dropped + localities.length > 0);
  return { node, named: load.named, intervalMs, clusters };
}

/** Numbers of fields that count as parts, and what counts in each. */
type Parts = ReadonlyMap<number, Parts>;

const single: Parts = new Map();
/** UpstreamLocalityStats: load_metric_stats, upstream_endpoint_stats. */
const ofLocality: Parts = new Map([
  [5, single],
  [7, single],
]);
/** ClusterStats: upstream_locality_stats, total_dropped_requests, dropped_requests. */
const ofCluster: Parts = new Map([
  [2, ofLocality],
  [3, single],
  [5, single],
]);

/** 0 where there is nothing to tell. */
function countedParts(message: Uint8Array, counted: Parts): number {
  const field = new FieldScanner(message);
  let count = 0;
  while (field.next()) {
    const inside = counted.get(field.number);
    if (inside === undefined) continue;
    count += 1;
    if (inside.size === 0 || field.wireType !== lengthDelimited) continue;
    count += countedParts(message.subarray(field.from, field.to), inside);
  }
  return count;
}

const endpointPackage = "envoy.config.endpoint.v3";

function toCluster(bytes: Uint8Array): ReportedCluster {
  const stats = decodeMessage(`${endpointPackage}.ClusterStats`, bytes);
  return {
    cluster: stats.cluster_name ?? "",
    serviceName: stats.cluster_service_name ?? "",
    intervalMs: milliseconds(stats.load_report_interval),
    dropped: count(stats.total_dropped_requests),
    localities: (stats.upstream_locality_stats ?? []).map(toLocality).filter(hasLoad),
  };
}

type LocalityStats = MessageOf<"envoy.config.endpoint.v3.UpstreamLocalityStats">;
type EndpointStats = MessageOf<"envoy.config.endpoint.v3.UpstreamEndpointStats">;

function toLocality(stats: LocalityStats): ReportedLocality {
  const { region = "", zone = "", sub_zone: subZone = "" } = stats.locality ?? {};
  return {
    region,
    zone,
    subZone,
    priority: stats.priority ?? 0,
    ...countsOf(stats),
    metrics: metricsOf(stats),
    endpoints: (stats.upstream_endpoint_stats ?? []).flatMap(toEndpoint),
  };
}

/** gRPC on C-core tells of localities without requests as well. */
const hasLoad = ({ ok, errors, inProgress, metrics }: ReportedLocality): boolean =>
  ok + errors + inProgress + metrics.size > 0;

const countsOf = (stats: LocalityStats | EndpointStats): ReportedCounts => ({
  ok: count(stats.total_successful_requests),
  errors: count(stats.total_error_requests),
  inProgress: count(stats.total_requests_in_progress),
});

/** What has no address cannot be told apart; it is in the sum of its locality. */
function toEndpoint(stats: EndpointStats): readonly ReportedEndpoint[] {
  const { socket_address: socket, pipe } = stats.address ?? {};
  const { address: host = "", port_value: port, named_port: name = "" } = socket ?? {};
  const path = pipe?.path ?? "";
  if (host === "") return path === "" ? [] : [{ address: path, ...countsOf(stats) }];
  const bracketed = host.includes(":") ? `[${host}]` : host;
  return [{ address: `${bracketed}:${port ?? name}`, ...countsOf(stats) }];
}

const unnamed = ["cpu_utilization", "mem_utilization", "application_utilization"] as const;

/** One that is no number, as a backend may say, is left out. */
function metricsOf(stats: LocalityStats): ReadonlyMap<string, ReportedMetric> {
  const metrics = new Map<string, ReportedMetric>();
  const add = (name: string, each: UnnamedMetric): void => {
    const total = each.total_metric_value ?? 0;
    const metric = { count: count(each.num_requests_finished_with_metric), total };
    if (Number.isFinite(total)) metrics.set(name, summed(metrics.get(name), metric));
  };
  for (const each of stats.load_metric_stats ?? []) add(each.metric_name ?? "", each);
  for (const name of unnamed) {
    const each = stats[name];
    if (each !== undefined) add(name, each);
  }
  return metrics;
}

type UnnamedMetric = MessageOf<"envoy.config.endpoint.v3.UnnamedEndpointLoadMetricStats">;

const summed = (before: ReportedMetric | undefined, { count: more, total }: ReportedMetric) =>
  before === undefined
    ? { count: more, total }
    : { count: before.count + more, total: before.total + total };

/** Throws a RangeError where it cannot be a count. */
function count(value: number | bigint = 0): number {
  if (value <= limits.xds.loadCount) return Number(value);
  throw new RangeError("a count is too large");
}

function milliseconds(duration: MessageOf<"google.protobuf.Duration"> = {}): number {
  const { seconds = 0, nanos = 0 } = duration;
  return Math.max(0, Number(seconds) * 1_000 + nanos / 1e6);
}

function isNamedTooLong({ cluster, serviceName, localities }: ReportedCluster): boolean {
  const isTooLong = (name: string): boolean => name.length > limits.xds.nameBytes;
  return (
    isTooLong(cluster) ||
    isTooLong(serviceName) ||
    localities.some(
      ({ region, zone, subZone, metrics, endpoints }) =>
        [region, zone, subZone, ...metrics.keys()].some(isTooLong) ||
        endpoints.some(({ address }) => isTooLong(address)),
    )
  );
}
