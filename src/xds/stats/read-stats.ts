/**
 * Statistics of an Envoy from bytes: an OTLP ExportMetricsServiceRequest. An Envoy sends some per
 * cluster, every few seconds, so the message is walked over and not decoded; what is not known here is
 * passed over. Statistics come by their full names, since a cluster's name may have dots in it and
 * Envoy's own extraction of tags ends at the first one.
 * https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/metrics/v1/metrics.proto
 */
import { limits } from "../../config/limits.ts";
import { FieldScanner, lengthDelimited } from "../../proto/scan.ts";
import { type EndReason, reasons } from "../end-reason.ts";
import { textOf } from "../request-fields.ts";
import { eachPart, fields, fixed64, type Range } from "./otlp-parts.ts";
import { HistogramReader } from "./read-histogram.ts";
import type { ReportedHealth } from "./reported-health.ts";
import type { ReportedLatency } from "./reported-latency.ts";

/** Attribute of the OTLP resource that has the node id: OpenTelemetry's name for one of many equals. */
export const nodeAttribute = "service.instance.id";

/** Who sends it. It is read before all else, and costs nothing of what follows. */
export function readReporter(bytes: Uint8Array): string | EndReason {
  try {
    const node = reporterIn(bytes);
    if (node === "") return reasons.noStatsNode;
    return node.length > limits.xds.nameBytes ? reasons.statsNameTooLong : node;
  } catch {
    return reasons.malformedStats;
  }
}

export interface ReportedStats {
  readonly health: readonly ReportedHealth[];
  readonly latency: readonly ReportedLatency[];
}

/** Why the call has to end, where it does. */
export function readStats(bytes: Uint8Array): ReportedStats | EndReason {
  try {
    return new StatsReader(bytes).read();
  } catch (error) {
    return error instanceof Refused ? error.reason : reasons.malformedStats;
  }
}

function reporterIn(bytes: Uint8Array): string {
  let node = "";
  eachPart(bytes, [0, bytes.length], fields.request.resourceMetrics, (metrics) => {
    eachPart(bytes, metrics, fields.resourceMetrics.resource, (resource) => {
      eachPart(bytes, resource, fields.resource.attributes, (attribute) => {
        if (keyIn(bytes, attribute) === nodeAttribute) node = valueIn(bytes, attribute);
      });
    });
  });
  return node;
}

function keyIn(bytes: Uint8Array, attribute: Range): string {
  let key = "";
  eachPart(bytes, attribute, fields.keyValue.key, (range) => {
    key = textIn(bytes, range);
  });
  return key;
}

/** Empty where it is no text. */
function valueIn(bytes: Uint8Array, attribute: Range): string {
  let text = "";
  eachPart(bytes, attribute, fields.keyValue.value, (value) => {
    eachPart(bytes, value, fields.anyValue.text, (range) => {
      text = textIn(bytes, range);
    });
  });
  return text;
}

/** No more of it than shows that it is too long. */
const textIn = (bytes: Uint8Array, [from, to]: Range): string =>
  textOf(bytes.subarray(from, Math.min(to, from + limits.xds.nameBytes + 1)));

/** Thrown and caught in this file alone. */
class Refused extends Error {
  readonly reason: EndReason;

  constructor(reason: EndReason) {
    super(reason.message);
    this.reason = reason;
  }
}

/** A statistic that is looked for: what its name ends with, and what it counts. */
interface Figure {
  readonly end: Buffer;
  readonly counts: keyof Counts | "latency";
}

interface Counts {
  total: number | undefined;
  healthy: number | undefined;
  ejected: number | undefined;
}

const figures: readonly Figure[] = [
  { end: Buffer.from(".membership_total"), counts: "total" },
  { end: Buffer.from(".membership_healthy"), counts: "healthy" },
  { end: Buffer.from(".outlier_detection.ejections_active"), counts: "ejected" },
  { end: Buffer.from(".upstream_rq_time"), counts: "latency" },
];
/** What the names of all of them begin with. */
const prefix = Buffer.from("cluster.");

interface Draft extends Counts {
  readonly cluster: string;
}

class StatsReader {
  readonly #bytes: Buffer;
  readonly #clusters = new Map<string, Draft>();
  readonly #latency: ReportedLatency[] = [];
  readonly #histograms: HistogramReader;
  /** Statistics so far, of whatever kind. */
  #count = 0;

  constructor({ buffer, byteOffset, byteLength }: Uint8Array) {
    this.#bytes = Buffer.from(buffer, byteOffset, byteLength);
    this.#histograms = new HistogramReader(this.#bytes);
  }

  read(): ReportedStats {
    const bytes = this.#bytes;
    eachPart(bytes, [0, bytes.length], fields.request.resourceMetrics, (resource) => {
      eachPart(bytes, resource, fields.resourceMetrics.scopeMetrics, (scope) => {
        this.#metrics(scope);
      });
    });
    return { health: [...this.#clusters.values()].flatMap(whole), latency: this.#latency };
  }

  #metrics(scope: Range): void {
    const most = limits.stats.metrics;
    const take = (metric: Range): void => {
      this.#count += 1;
      if (this.#count > most) throw new Refused(reasons.tooManyStats);
      this.#metric(metric);
    };
    eachPart(this.#bytes, scope, fields.scopeMetrics.metrics, take, most + 1);
  }

  #metric(metric: Range): void {
    const named = this.#named(metric);
    // Of all other statistics nothing more is looked at.
    if (named === undefined) return;
    const { cluster, counts } = named;
    if (counts === "latency") {
      eachPart(this.#bytes, metric, fields.metric.histogram, (histogram) => {
        this.#latency.push(...this.#histograms.read(cluster, histogram));
      });
      return;
    }
    const draft = this.#draft(cluster);
    eachPart(this.#bytes, metric, fields.metric.gauge, (gauge) => {
      draft[counts] = this.#value(gauge);
    });
  }

  /** The cluster, and what is counted of it; its name is the first field of a metric. */
  #named([from, to]: Range): (Pick<Figure, "counts"> & { readonly cluster: string }) | undefined {
    const field = new FieldScanner(this.#bytes, from, to);
    while (field.next()) {
      if (field.number !== fields.metric.name || field.wireType !== lengthDelimited) continue;
      const figure = this.#figure(field.from, field.to);
      if (figure === undefined) return undefined;
      const cluster = this.#cluster(field.from + prefix.length, field.to - figure.end.length);
      return { cluster, counts: figure.counts };
    }
    return undefined;
  }

  #figure(from: number, to: number): Figure | undefined {
    const bytes = this.#bytes;
    const begun = Math.min(to, from + prefix.length);
    if (bytes.compare(prefix, 0, prefix.length, from, begun) !== 0) return undefined;
    return figures.find(({ end }) => {
      const start = to - end.length;
      return start > begun && bytes.compare(end, 0, end.length, start, to) === 0;
    });
  }

  #cluster(from: number, to: number): string {
    if (to - from > limits.xds.nameBytes) throw new Refused(reasons.statsNameTooLong);
    return this.#bytes.toString("utf8", from, to);
  }

  #draft(cluster: string): Draft {
    const known = this.#clusters.get(cluster);
    if (known !== undefined) return known;
    const made: Draft = { cluster, total: undefined, healthy: undefined, ejected: undefined };
    this.#clusters.set(cluster, made);
    return made;
  }

  /** Of its last point; undefined: it has none that is a whole number. */
  #value(gauge: Range): number | undefined {
    let value: number | undefined;
    eachPart(this.#bytes, gauge, fields.gauge.dataPoints, ([from, to]) => {
      const field = new FieldScanner(this.#bytes, from, to);
      while (field.next()) {
        if (field.number !== fields.dataPoint.asInt || field.wireType !== fixed64) continue;
        value = this.#members(field.from);
      }
    });
    return value;
  }

  /** Little-endian, 64 bits; one below zero is huge as well. */
  #members(at: number): number {
    const value = this.#bytes.readUInt32LE(at) + this.#bytes.readUInt32LE(at + 4) * 2 ** 32;
    if (value > limits.stats.members) throw new RangeError("no number of endpoints");
    return value;
  }
}

/** An Envoy sends the first two of each cluster, and the last one once it has ever ejected. */
function whole({ cluster, total, healthy, ejected = 0 }: Draft): readonly ReportedHealth[] {
  if (total === undefined || healthy === undefined) return [];
  return [{ cluster, total, healthy, ejected }];
}
