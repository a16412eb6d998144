/**
 * How an Envoy tells what it finds of instances, and how long requests took: some statistics of each
 * cluster go to serin by OTLP, whenever it flushes its statistics, and all others are dropped. They go by
 * their full names, since Envoy's tags end at the first dot of a cluster's name. `DropAction` came after
 * Envoy 1.36.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/stat_sinks/open_telemetry/v3/open_telemetry.proto
 */
type Json = Readonly<Record<string, unknown>>;

const sinkUrl = "type.googleapis.com/envoy.extensions.stat_sinks.open_telemetry.v3.SinkConfig";
const detectors = "envoy.extensions.tracers.opentelemetry.resource_detectors.v3";
const inputs = "envoy.extensions.matching.common_inputs.stats.v3";

export interface StatSink {
  readonly nodeId: string;
  /** The one that serin itself is. */
  readonly cluster: string;
  /** One of the two at least. */
  readonly verdicts: boolean;
  readonly latency: boolean;
}

/** Whether an Envoy of that version (`1.40.0`) takes the sink; those up to 1.36 refuse the bootstrap. */
export function takesStatSink(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 1 || (major === 1 && minor > 36);
}

export const statSink = ({ nodeId, cluster, verdicts, latency }: StatSink): Json => ({
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
    // Of idle clusters nothing is sent, and what a message tells is told once.
    ...(latency && { report_histograms_as_deltas: true }),
    custom_metric_conversions: {
      matcher_list: {
        matchers: [
          {
            predicate: {
              not_matcher: anyOf([...(verdicts ? ofHealth : []), ...(latency ? [ofTime] : [])]),
            },
            on_match: {
              action: { name: "drop", typed_config: { "@type": `${sinkUrl}.DropAction` } },
            },
          },
        ],
      },
    },
  },
});

const byName = (match: Json): Json => ({
  single_predicate: {
    input: {
      name: "name",
      typed_config: { "@type": `type.googleapis.com/${inputs}.StatFullNameMatchInput` },
    },
    value_match: match,
  },
});

/** An `or_matcher` has two at least. */
function anyOf(predicates: readonly Json[]): Json {
  const [only, ...others] = predicates;
  if (only !== undefined && others.length === 0) return only;
  return { or_matcher: { predicate: predicates } };
}

const ofHealth: readonly Json[] = [
  byName({ suffix: ".membership_total" }),
  byName({ suffix: ".membership_healthy" }),
  byName({ suffix: ".outlier_detection.ejections_active" }),
];

/** Each request stands in others besides: of all that are not the Envoy's own, of canaries, of zones. */
const ofTime: Json = {
  and_matcher: {
    predicate: [
      byName({ suffix: ".upstream_rq_time" }),
      {
        not_matcher: anyOf([
          byName({ suffix: ".external.upstream_rq_time" }),
          byName({ suffix: ".internal.upstream_rq_time" }),
          byName({ suffix: ".canary.upstream_rq_time" }),
          byName({ safe_regex: { google_re2: {}, regex: "cluster\\.[^/]*/.*\\.zone\\..*" } }),
        ]),
      },
    ],
  },
};
