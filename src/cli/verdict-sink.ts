/**
 * How an Envoy tells what it finds of instances: three statistics of each cluster go to serin by OTLP,
 * whenever it flushes its statistics, and all others are dropped. They go by their full names, since
 * Envoy's tags end at the first dot of a cluster's name. `DropAction` came after Envoy 1.36.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/stat_sinks/open_telemetry/v3/open_telemetry.proto
 */
type Json = Readonly<Record<string, unknown>>;

const sinkUrl = "type.googleapis.com/envoy.extensions.stat_sinks.open_telemetry.v3.SinkConfig";
const detectors = "envoy.extensions.tracers.opentelemetry.resource_detectors.v3";
const inputs = "envoy.extensions.matching.common_inputs.stats.v3";

/** Ends of the names of those that are kept. */
const kept = [
  ".membership_total",
  ".membership_healthy",
  ".outlier_detection.ejections_active",
] as const;

/** `cluster`: the one that serin itself is. */
export const verdictSink = (nodeId: string, cluster: string): Json => ({
  name: "envoy.stat_sinks.open_telemetry",
  typed_config: {
    "@type": sinkUrl,
    grpc_service: { envoy_grpc: { cluster_name: cluster }, timeout: "2s" },
    resource_detectors: [
      {
        name: "envoy.tracers.opentelemetry.resource_detectors.static_config",
        typed_config: {
          "@type": `type.googleapis.com/${detectors}.StaticConfigResourceDetectorConfig`,
          attributes: { "service.instance.id": nodeId },
        },
      },
    ],
    emit_tags_as_attributes: false,
    use_tag_extracted_name: false,
    custom_metric_conversions: {
      matcher_list: {
        matchers: [
          {
            predicate: { not_matcher: { or_matcher: { predicate: kept.map(nameEndsWith) } } },
            on_match: {
              action: { name: "drop", typed_config: { "@type": `${sinkUrl}.DropAction` } },
            },
          },
        ],
      },
    },
  },
});

const nameEndsWith = (suffix: string): Json => ({
  single_predicate: {
    input: {
      name: "name",
      typed_config: { "@type": `type.googleapis.com/${inputs}.StatFullNameMatchInput` },
    },
    value_match: { suffix },
  },
});
