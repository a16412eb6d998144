/**
 * What the server tells about itself while it works. The hooks are called on the hot path: they
 * count and log, and never wait. Those of a user are guarded (`callbacks.ts`), and may throw.
 */
import type { TypeUrl } from "../snapshot/type-url.ts";
import type { EndReason } from "./end-reason.ts";
import type { ReportedCluster } from "./load/load-report.ts";
import type { ProxyNode } from "./node.ts";
import type { ReportedHealth } from "./stats/reported-health.ts";
import type { ReportedLatency } from "./stats/reported-latency.ts";
import type { Variant } from "./stream-state.ts";
import type { Verdict } from "./verdict.ts";

/** One message, and how many streams it went to. */
export interface PushEvent {
  readonly typeUrl: TypeUrl;
  readonly variant: Variant;
  readonly view: string;
  readonly version: string;
  /** The first names only, where there are many. */
  readonly names: readonly string[];
  readonly resources: number;
  readonly removed: number;
  /** Heartbeats, and answers that a virtual host does not exist. */
  readonly bare: number;
  readonly streams: number;
  readonly bytes: number;
  /** From the first to the last write of the message. */
  readonly ms: number;
}

/** An ACK or a NACK. */
export interface VerdictEvent {
  readonly node: ProxyNode;
  readonly typeUrl: TypeUrl;
  readonly version: string;
  /** From the write of the response to the arrival of its ACK or NACK. */
  readonly ms: number;
}

/** What a proxy rejected; Envoy may have taken a part of it. */
export interface NackEvent extends VerdictEvent {
  /** The proxy's own words, which may name no resource. */
  readonly message: string;
  /** What the response brought or took away, or of it what was new: the first names only. */
  readonly names: readonly string[];
}

/** A stream, as far as it has said who it is. */
export interface StreamEvent {
  readonly node: ProxyNode | undefined;
  readonly peer: string;
  readonly variant: Variant;
}

/** Why a stream has ended. */
export interface EndEvent extends StreamEvent {
  /** The gRPC status that its proxy got, in small letters: `resource_exhausted`. */
  readonly code: EndReason["code"];
  readonly reason: string;
  readonly bug?: unknown;
}

/** A request of a proxy. */
export interface RequestEvent extends StreamEvent {
  readonly node: ProxyNode;
  readonly typeUrl: TypeUrl;
  /** `stale`: it answers a response that is not the last one, and is neither ACK nor NACK. */
  readonly verdict: Verdict | "stale";
  /** What the stream subscribes to from now on. */
  readonly wildcard: boolean;
  readonly names: ReadonlySet<string>;
}

/** A response to a proxy. */
export interface ResponseEvent extends StreamEvent {
  readonly node: ProxyNode;
  readonly typeUrl: TypeUrl;
  readonly version: string;
  readonly nonce: string;
  readonly resources: number;
  readonly removed: number;
  readonly bytes: number;
}

/** A stream of load reports (LRS), which is none of those that resources are sent on. */
export interface LoadStreamEvent {
  /** Of no other stream of load reports of this process. */
  readonly stream: number;
  /** Undefined until its first message. */
  readonly node: ProxyNode | undefined;
  readonly peer: string;
}

/** Why a stream of load reports has ended. */
export interface LoadEndEvent extends LoadStreamEvent {
  /** The gRPC status that its proxy got, in small letters. */
  readonly code: EndReason["code"];
  readonly reason: string;
  readonly bug?: unknown;
}

/** What a proxy says of its requests since its last report. */
export interface LoadReportEvent extends LoadStreamEvent {
  readonly node: ProxyNode;
  /** The time that it covers, ms: the longest of its clusters; 0 where it names none. */
  readonly intervalMs: number;
  /** Those with requests; all others of the proxy had none. */
  readonly clusters: readonly ReportedCluster[];
}

/** What is told of load reports. Each stream that opened is closed once. */
export interface LoadObserver {
  /** A proxy will report; who it is, its first message tells. */
  loadStreamOpened?(event: LoadStreamEvent): void;
  /** Counts of requests that have ended add up; those in progress are no longer known. */
  loadStreamClosed?(event: LoadEndEvent): void;
  /** Each report, also one that tells of no requests. */
  loadReported?(event: LoadReportEvent): void;
}

/** What an Envoy finds of the endpoints of its clusters, by its own statistics. */
export interface HealthReportEvent {
  /** Id of the node, as its bootstrap says. The call has nothing to do with a stream of the proxy. */
  readonly node: string;
  readonly peer: string;
  /** All of its clusters, those without endpoints too. */
  readonly clusters: readonly ReportedHealth[];
}

/** How long requests took, by an Envoy's own statistics. */
export interface LatencyReportEvent {
  /** Id of the node, as its bootstrap says. */
  readonly node: string;
  readonly peer: string;
  /** Those that had requests since its message before. */
  readonly clusters: readonly ReportedLatency[];
}

/** A call with statistics that was ended without being taken. */
export interface HealthRefusal {
  readonly peer: string;
  /** The gRPC status that its proxy got, in small letters. */
  readonly code: EndReason["code"];
  readonly reason: string;
  readonly bug?: unknown;
}

/** What is told of the statistics of Envoys. Where nobody wants to hear of them, none are taken. */
export interface HealthObserver {
  /** Each export of statistics that could be read. */
  healthReported?(event: HealthReportEvent): void;
  /** The same, where there is a histogram of requests in it. */
  latencyReported?(event: LatencyReportEvent): void;
  /** That call ended with an error, and nothing was taken of it. */
  healthRefused?(event: HealthRefusal): void;
}

/** What happens, in the words of the protocol. None of these may wait. */
export interface XdsObserver extends LoadObserver, HealthObserver {
  /** A proxy has come; who it is, its first request tells. */
  streamOpened(event: StreamEvent): void;
  /** `bug`: the stream was ended because a step of it failed in a way that it never should. */
  streamClosed(event: EndEvent): void;
  /** Once for each message, however many streams it goes to. */
  pushed(event: PushEvent): void;
  /** A proxy has accepted a response. */
  acked(event: VerdictEvent): void;
  /** A proxy has rejected a response; nothing is sent again until it is changed. */
  nacked(event: NackEvent): void;
  /** Each request, before it is answered. */
  request?(event: RequestEvent): void;
  /** Each response on each stream, where `pushed` tells once of a message that many get. */
  response?(event: ResponseEvent): void;
}

export const silentObserver: XdsObserver = {
  streamOpened: () => {},
  streamClosed: () => {},
  pushed: () => {},
  acked: () => {},
  nacked: () => {},
};
