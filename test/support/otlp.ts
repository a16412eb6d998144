/**
 * Statistics as an Envoy sends them (OTLP), by definitions of their own: nothing of the reader that
 * they test has a part in them.
 */
import { fileURLToPath } from "node:url";
import protobuf from "protobufjs";

export const statsPath = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";

const file = fileURLToPath(new URL("./otlp.proto", import.meta.url));
const request = protobuf.loadSync(file).lookupType("opentelemetry.ExportMetricsServiceRequest");

export interface Members {
  readonly total: number;
  readonly healthy: number;
  readonly ejected?: number;
}

/** A message of any content; field names in camel case. */
export const otlp = (content: object): Buffer =>
  Buffer.from(request.encode(request.fromObject(content)).finish());

export const attribute = (key: string, text: string): object => ({
  key,
  value: { stringValue: text },
});

export const gauge = (name: string, ...values: readonly number[]): object => ({
  name,
  gauge: { dataPoints: values.map((asInt) => ({ timeUnixNano: 1, asInt })) },
});

export interface Buckets {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
}

/** `aggregationTemporality`: 1 are deltas, 2 is cumulative. */
export const histogram = (
  name: string,
  { bounds, counts }: Buckets,
  aggregationTemporality = 1,
): object => ({
  name,
  histogram: {
    aggregationTemporality,
    dataPoints: [{ timeUnixNano: 1, sum: 1, bucketCounts: counts, explicitBounds: bounds }],
  },
});

export const statsOf = (cluster: string, { total, healthy, ejected }: Members): object[] => [
  gauge(`cluster.${cluster}.membership_healthy`, healthy),
  gauge(`cluster.${cluster}.membership_total`, total),
  ...(ejected === undefined
    ? []
    : [gauge(`cluster.${cluster}.outlier_detection.ejections_active`, ejected)]),
];

/** As Envoy 1.40 sends them with the bootstrap of `--verdicts`. */
export const stats = (node: string, clusters: Readonly<Record<string, Members>>): Buffer =>
  messageOf(
    node,
    Object.entries(clusters).flatMap(([cluster, members]) => statsOf(cluster, members)),
  );

export const messageOf = (node: string, metrics: readonly object[]): Buffer =>
  otlp({
    resourceMetrics: [
      {
        resource: {
          attributes: [
            attribute("service.instance.id", node),
            attribute("telemetry.sdk.name", "envoy"),
          ],
        },
        scopeMetrics: [{ metrics }],
      },
    ],
  });

/** Five bytes before a message: not compressed, and so long. */
export function otlpFrame(message: Uint8Array): Buffer {
  const frame = Buffer.alloc(5 + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, 5);
  return frame;
}
