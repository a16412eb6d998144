/**
 * Load reports on their way into the tally: from what proxies call their clusters to subsets of
 * services.
 */
import type { LoadReportEvent, ReportedCluster, ReportedLocality, XdsCallbacks } from "../index.ts";
import type { Clock } from "../lib/clock.ts";
import type { ClusterLoad, EndpointLoad, LoadCounts, LoadReport } from "../observe/load/report.ts";
import type { MetricSum } from "../observe/load/signal.ts";
import type { LoadTally } from "../observe/load/tally.ts";
import { isStickyCluster } from "../translate/names.ts";

/** The callbacks of an observer, each after the tally. */
export function withTally(observer: XdsCallbacks, tally: LoadTally, clock: Clock): XdsCallbacks {
  return {
    ...observer,
    loadReported(event) {
      tally.report(event.stream, toLoadReport(event, clock.monotonicMs()));
      observer.loadReported?.(event);
    },
    loadStreamClosed(event) {
      tally.left(event.stream);
      observer.loadStreamClosed?.(event);
    },
  };
}

/**
 * By subset. Two clusters that ask for the same endpoints are one here, as the protocol has it:
 * `web/v2` of Envoys and `web/v2/grpc`. A cluster of a sticky split has each subset as a locality.
 */
export function toLoadReport(
  { node, intervalMs, clusters }: LoadReportEvent,
  atMs: number,
): LoadReport {
  const byName = new Map<string, Draft>();
  for (const cluster of clusters) {
    if (isSticky(cluster)) addSticky(byName, cluster);
    else addPlain(byName, cluster);
  }
  const restsWhenIdle = node.userAgent.startsWith(restsWhenIdleAgent);
  return { reporter: node.id, atMs, intervalMs, restsWhenIdle, clusters: [...byName.values()] };
}

/** Only gRPC clients have such a cluster, whose localities serin makes. */
const isSticky = ({ cluster, localities }: ReportedCluster): boolean =>
  isStickyCluster(cluster) &&
  localities.every(({ zone, subZone }) => zone !== "" && subZone !== "");

/** gRPC in C++, Python and other languages: after a report of no requests it sends no other such one. */
const restsWhenIdleAgent = "gRPC C-core";

type Counts = { -readonly [K in keyof LoadCounts]: LoadCounts[K] };

interface Draft extends Counts, Pick<ClusterLoad, "cluster" | "serviceName"> {
  dropped: number;
  readonly metrics: Map<string, MetricSum>;
  readonly endpoints: EndpointLoad[];
}

function draftOf(byName: Map<string, Draft>, cluster: string, serviceName: string): Draft {
  const known = byName.get(cluster);
  if (known !== undefined) return known;
  const counts = { ok: 0, errors: 0, inProgress: 0, dropped: 0 };
  const made: Draft = { cluster, serviceName, ...counts, metrics: new Map(), endpoints: [] };
  byName.set(cluster, made);
  return made;
}

function addPlain(byName: Map<string, Draft>, reported: ReportedCluster): void {
  const { cluster, serviceName, dropped, localities } = reported;
  const draft = draftOf(byName, serviceName === "" ? cluster : serviceName, serviceName);
  draft.dropped += dropped;
  for (const locality of localities) addLocality(draft, locality);
}

function addSticky(byName: Map<string, Draft>, { localities }: ReportedCluster): void {
  for (const locality of localities) {
    const { zone: service, subZone: subset } = locality;
    addLocality(draftOf(byName, `${service}/${subset}`, ""), locality);
  }
}

function addLocality(draft: Draft, locality: ReportedLocality): void {
  draft.ok += locality.ok;
  draft.errors += locality.errors;
  draft.inProgress += locality.inProgress;
  for (const [name, { count, total }] of locality.metrics) {
    const { count: counted = 0, total: summed = 0 } = draft.metrics.get(name) ?? {};
    draft.metrics.set(name, { count: counted + count, total: summed + total });
  }
  for (const endpoint of locality.endpoints) draft.endpoints.push(endpoint);
}
