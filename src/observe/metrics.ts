/**
 * What Prometheus reads. Names follow its conventions (base units, `_total`), and labels have few
 * values: never a node, a service or a resource. Callers report events; this file knows the names.
 */
import { type Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { type AccessMetrics, accessMetrics } from "./access-metrics.ts";
import { type EventMetrics, eventMetrics } from "./event-metrics.ts";
import { type LoopMetrics, loopMetrics } from "./loop-metrics.ts";
import { makers } from "./metric-makers.ts";

export interface Metrics extends LoopMetrics, AccessMetrics, EventMetrics {
  readonly registry: Registry;
  streamOpened(variant: string): void;
  /** `code`: that of gRPC, in lower case. */
  streamClosed(variant: string, code: string): void;
  /** One message, written to `streams` streams; `bytes` is its own size. */
  pushed(push: PushCount): void;
  acked(type: string, ms: number): void;
  nacked(type: string, ms: number): void;
  storeHealth(connected: boolean): void;
  /** A message of the store arrived. */
  storeContact(): void;
  storeRelist(reason: string): void;
  storeRebuild(): void;
  /** An audit found `keys` keys that differ from the store. */
  storeDivergence(keys: number): void;
  /** The mass-delete guard holds the last good state against `keys` missing keys. */
  storeHeld(keys: number): void;
  /** serin has probed an instance; what came of it. */
  probed(outcome: "well" | "answer" | "timeout" | "connection"): void;
  /** Instances that this replica probes, and those of them that are sick. */
  probedInstances(probed: number, sick: number): void;
  built(build: BuildCount): void;
  /** Somebody asked what proxies run; `code`: that of gRPC, in lower case. */
  statusAsked(code: string): void;
  /** Of traces of changes: as the exporter tells it. */
  traced(outcome: "sent" | "failed" | "dropped", count: number): void;
  loadReported(): void;
  /** Proxies that have reported and are connected. */
  loadReporters(count: number): void;
  /** Values that are read when Prometheus asks. */
  observed(state: ObservedState): void;
}

export interface PushCount {
  readonly type: string;
  readonly variant: string;
  readonly streams: number;
  readonly bytes: number;
}

export interface BuildCount {
  readonly changes: number;
  readonly errors: number;
  readonly warnings: number;
  readonly ms: number;
}

export interface ObservedState {
  readonly ready: boolean;
  /** Of the store, in force; undefined before the first list. */
  readonly revision: bigint | undefined;
  /** Messages encoded since the start. */
  readonly encodings: number;
  /** Proxies that tell what they find of instances. */
  readonly verdictReporters: number;
  /** Versions that some proxy finds unwell. */
  readonly unwellVersions: number;
  /** Subscriptions by type and by `SYNCED`, `PENDING`, `STALE`, `NACKED`. */
  readonly subscriptions: readonly {
    readonly type: string;
    readonly status: string;
    readonly count: number;
  }[];
}

/** A round trip takes 1 ms on one machine; Envoy withholds an ACK for 15 s at the most. */
const ackBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];
const buildBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    ...xdsMetrics(registry),
    ...loadMetrics(registry),
    ...statusMetrics(registry),
    ...traceMetrics(registry),
    ...storeMetrics(registry),
    ...loopMetrics(registry),
    ...accessMetrics(registry),
    ...probeMetrics(registry),
    ...stateMetrics(registry),
    ...eventMetrics(registry),
  };
}

type XdsMetrics = Pick<
  Metrics,
  "streamOpened" | "streamClosed" | "pushed" | "acked" | "nacked" | "observed"
>;

function xdsMetrics(registry: Registry): XdsMetrics {
  const { counter, gauge, histogram } = makers(registry);
  const streams = gauge("serin_xds_streams", "Open streams.", ["variant"]);
  const ends = counter(
    "serin_xds_streams_ended_total",
    "Streams that ended; `resource_exhausted`: refused, since a bound is met.",
    ["code"],
  );
  const pushes = counter("serin_xds_pushes_total", "Responses written.", ["type", "variant"]);
  const bytes = counter("serin_xds_push_bytes_total", "Bytes of responses written.", ["type"]);
  const acks = counter("serin_xds_acks_total", "Responses that proxies accepted.", ["type"]);
  const nacks = counter("serin_xds_nacks_total", "Responses that proxies rejected.", ["type"]);
  const ackSeconds = histogram(
    "serin_xds_ack_seconds",
    "From the write of a response to its ACK or NACK.",
    ["type"],
    ackBuckets,
  );
  const encodings = counter(
    "serin_xds_encodings_total",
    "Responses encoded; far fewer than pushes, as streams share them.",
    [],
  );
  const subscriptions = gauge(
    "serin_xds_subscriptions",
    "Types that streams subscribe to, by `SYNCED`, `PENDING`, `STALE`, `NACKED`.",
    ["type", "status"],
  );
  const ready = gauge("serin_ready", "1 once the first full list of the store is served.", []);
  const revision = gauge("serin_snapshot_revision", "Store revision in force.", []);
  const reporters = gauge(
    "serin_verdict_reporters",
    "Proxies that tell what they find of instances (`--verdicts`).",
    [],
  );
  const unwell = gauge(
    "serin_unwell_versions",
    "Versions with an instance that some of these proxies have taken out.",
    [],
  );
  const judged = (of: Counter, type: string, ms: number): void => {
    of.inc({ type });
    ackSeconds.observe({ type }, ms / 1_000);
  };
  return {
    streamOpened: (variant) => streams.inc({ variant }),
    streamClosed(variant, code) {
      streams.dec({ variant });
      ends.inc({ code });
    },
    pushed(push) {
      pushes.inc({ type: push.type, variant: push.variant }, push.streams);
      bytes.inc({ type: push.type }, push.streams * push.bytes);
    },
    acked: (type, ms) => judged(acks, type, ms),
    nacked: (type, ms) => judged(nacks, type, ms),
    observed(state) {
      ready.set(state.ready ? 1 : 0);
      revision.set(Number(state.revision ?? 0n));
      reporters.set(state.verdictReporters);
      unwell.set(state.unwellVersions);
      encodings.reset();
      encodings.inc(state.encodings);
      subscriptions.reset();
      for (const { type, status, count } of state.subscriptions) {
        subscriptions.set({ type, status }, count);
      }
    },
  };
}

function loadMetrics(registry: Registry): Pick<Metrics, "loadReported" | "loadReporters"> {
  const { counter, gauge } = makers(registry);
  const reports = counter("serin_load_reports_total", "Load reports of proxies.", []);
  const reporters = gauge(
    "serin_load_reporters",
    "Connected proxies that have reported what came of their requests.",
    [],
  );
  return {
    loadReported: () => reports.inc(),
    loadReporters: (count) => reporters.set(count),
  };
}

function statusMetrics(registry: Registry): Pick<Metrics, "statusAsked"> {
  const requests = makers(registry).counter(
    "serin_csds_requests_total",
    "Requests for client status (CSDS); `ok`: it was answered.",
    ["code"],
  );
  return { statusAsked: (code) => requests.inc({ code }) };
}

function traceMetrics(registry: Registry): Pick<Metrics, "traced"> {
  const { counter } = makers(registry);
  const traces = counter(
    "serin_traces_total",
    "Traces of changes (`--traces`): `sent`, `dropped`; `failed`: an attempt.",
    ["outcome"],
  );
  return { traced: (outcome, count) => traces.inc({ outcome }, count) };
}

type StoreMetrics = Pick<
  Metrics,
  "storeHealth" | "storeContact" | "storeRelist" | "storeRebuild" | "storeDivergence" | "storeHeld"
>;

function storeMetrics(registry: Registry): StoreMetrics {
  const { counter, gauge } = makers(registry);
  const connected = gauge("serin_store_connected", "1 while the store is in contact.", []);
  let contactAtMs: number | undefined;
  new Gauge({
    name: "serin_store_last_contact_seconds",
    help: "Time since the last message of the watch; absent for stores without one.",
    registers: [registry],
    collect() {
      this.reset();
      if (contactAtMs === undefined) this.remove();
      else this.set((performance.now() - contactAtMs) / 1_000);
    },
  });
  const relists = counter(
    "serin_store_relists_total",
    "Full lists of the store; `start` is the first.",
    ["reason"],
  );
  const rebuilds = counter(
    "serin_store_rebuilds_total",
    "Connections to the store given up and made anew.",
    [],
  );
  const divergence = counter(
    "serin_store_divergence_total",
    "Keys that an audit found to differ from the store, and set right.",
    [],
  );
  const held = gauge(
    "serin_store_held_keys",
    "Keys that vanished at once and are kept in force.",
    [],
  );
  return {
    storeHealth: (isConnected) => connected.set(isConnected ? 1 : 0),
    storeContact() {
      contactAtMs = performance.now();
    },
    storeRelist: (reason) => relists.inc({ reason }),
    storeRebuild: () => rebuilds.inc(),
    storeDivergence: (keys) => divergence.inc(keys),
    storeHeld: (keys) => held.set(keys),
  };
}

function probeMetrics(registry: Registry): Pick<Metrics, "probed" | "probedInstances"> {
  const { counter, gauge } = makers(registry);
  const probes = counter(
    "serin_probes_total",
    "Probes for gRPC clients: `well`, `answer`, `timeout`, `connection`.",
    ["outcome"],
  );
  const instances = gauge(
    "serin_probed_instances",
    "Instances that this replica probes for them, `well` and `sick`.",
    ["verdict"],
  );
  return {
    probed: (outcome) => probes.inc({ outcome }),
    probedInstances(probed, sick) {
      instances.set({ verdict: "well" }, probed - sick);
      instances.set({ verdict: "sick" }, sick);
    },
  };
}

function stateMetrics(registry: Registry): Pick<Metrics, "built"> {
  const { counter, gauge, histogram } = makers(registry);
  const changes = counter("serin_snapshot_changes_total", "Resources changed, over all views.", []);
  const seconds = histogram(
    "serin_snapshot_build_seconds",
    "From the desired state to changed views.",
    [],
    buildBuckets,
  );
  const diagnostics = gauge("serin_diagnostics", "Diagnostics in force, `error` and `warning`.", [
    "severity",
  ]);
  return {
    built(build) {
      changes.inc(build.changes);
      seconds.observe(build.ms / 1_000);
      diagnostics.set({ severity: "error" }, build.errors);
      diagnostics.set({ severity: "warning" }, build.warnings);
    },
  };
}
