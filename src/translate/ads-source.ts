/**
 * "From the aggregated stream": how every generated resource refers to those fetched separately.
 * gRPC clients take `ads` as well as Envoy does.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/core/v3/config_source.proto
 */
export const adsSource = { ads: {}, resource_api_version: "V3" } as const;
