/**
 * The way down into metrics of OTLP, which are walked over and not decoded.
 * https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/metrics/v1/metrics.proto
 */
import { limits } from "../../config/limits.ts";
import { FieldScanner, lengthDelimited } from "../../proto/scan.ts";

/** Field numbers, each by its message: the way down to a number. */
export const fields = {
  request: { resourceMetrics: 1 },
  resourceMetrics: { resource: 1, scopeMetrics: 2 },
  resource: { attributes: 1 },
  keyValue: { key: 1, value: 2 },
  anyValue: { text: 1 },
  scopeMetrics: { metrics: 2 },
  metric: { name: 1, gauge: 5, histogram: 9 },
  gauge: { dataPoints: 1 },
  /** An sfixed64. */
  dataPoint: { asInt: 6 },
  histogram: { dataPoints: 1, aggregationTemporality: 2 },
  /** Both packed: fixed64, and double. */
  histogramDataPoint: { bucketCounts: 6, explicitBounds: 7 },
} as const;

export const fixed64 = 1;

/** From where to where in the bytes. */
export type Range = readonly [from: number, to: number];

/**
 * Calls `visit` for each part of that number, of which there may be so many; a number of another wire
 * type is no such part.
 */
export function eachPart(
  bytes: Uint8Array,
  [from, to]: Range,
  number: number,
  visit: (part: Range) => void,
  most: number = limits.stats.parts,
): void {
  const field = new FieldScanner(bytes, from, to);
  let parts = 0;
  while (field.next()) {
    if (field.number !== number || field.wireType !== lengthDelimited) continue;
    parts += 1;
    if (parts > most) throw new RangeError("too many parts");
    visit([field.from, field.to]);
  }
}
