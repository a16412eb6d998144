/**
 * Histograms of OTLP from bytes. Only those of deltas are taken: what such a message tells was told by
 * no other one, so that neither a restart of the proxy nor a message that got lost counts anything
 * twice. One with cumulative counts is passed over.
 * https://opentelemetry.io/docs/specs/otel/metrics/data-model/#histogram
 */
import { limits } from "../../config/limits.ts";
import { FieldScanner, lengthDelimited } from "../../proto/scan.ts";
import { eachPart, fields, type Range } from "./otlp-parts.ts";
import type { ReportedLatency } from "./reported-latency.ts";

/** AGGREGATION_TEMPORALITY_DELTA */
const delta = 1;
const varint = 0;
/** Bytes of a number. */
const size = 8;

export class HistogramReader {
  readonly #bytes: Buffer;
  /** Those of the histogram before: an Envoy has the same ones for nearly all of its clusters. */
  #bounds: readonly number[] = [];
  #boundsAt: Range = [0, 0];

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** One for each point that has buckets, and requests in them. */
  read(cluster: string, [from, to]: Range): readonly ReportedLatency[] {
    const field = new FieldScanner(this.#bytes, from, to);
    let temporality = 0;
    while (field.next()) {
      if (field.number === fields.histogram.aggregationTemporality && field.wireType === varint) {
        temporality = this.#bytes[field.from] ?? 0;
      }
    }
    if (temporality !== delta) return [];
    const found: ReportedLatency[] = [];
    eachPart(this.#bytes, [from, to], fields.histogram.dataPoints, (point) => {
      const latency = this.#point(cluster, point);
      if (latency !== undefined) found.push(latency);
    });
    return found;
  }

  #point(cluster: string, [from, to]: Range): ReportedLatency | undefined {
    const field = new FieldScanner(this.#bytes, from, to);
    let counts: readonly number[] = [];
    let bounds: readonly number[] = [];
    while (field.next()) {
      if (field.wireType !== lengthDelimited) continue;
      const range: Range = [field.from, field.to];
      if (field.number === fields.histogramDataPoint.bucketCounts) counts = this.#counts(range);
      else if (field.number === fields.histogramDataPoint.explicitBounds) {
        bounds = this.#boundsIn(range);
      }
    }
    if (counts.length === 0 && bounds.length === 0) return undefined;
    if (counts.length !== bounds.length + 1) throw new RangeError("buckets without bounds");
    return counts.some((count) => count > 0) ? { cluster, bounds, counts } : undefined;
  }

  #counts(range: Range): readonly number[] {
    return this.#numbers(range, (at) => {
      const count = this.#bytes.readUInt32LE(at) + this.#bytes.readUInt32LE(at + 4) * 2 ** 32;
      if (count > limits.stats.requests) throw new RangeError("no number of requests");
      return count;
    });
  }

  #boundsIn(range: Range): readonly number[] {
    const [from, to] = range;
    const [start, end] = this.#boundsAt;
    if (end > start && this.#bytes.compare(this.#bytes, start, end, from, to) === 0) {
      return this.#bounds;
    }
    let last = 0;
    const bounds = this.#numbers(range, (at) => {
      const bound = this.#bytes.readDoubleLE(at);
      // Also where it is no number.
      if (!(bound > last && bound < Number.POSITIVE_INFINITY)) throw new RangeError("no bounds");
      last = bound;
      return bound;
    });
    this.#bounds = bounds;
    this.#boundsAt = range;
    return bounds;
  }

  #numbers([from, to]: Range, read: (at: number) => number): readonly number[] {
    const count = (to - from) / size;
    if (!Number.isInteger(count) || count > limits.stats.buckets)
      throw new RangeError("no buckets");
    return Array.from({ length: count }, (_, index) => read(from + index * size));
  }
}
