/** Checked settings of a service → the model, with the defaults filled in. */
import { versionLabel } from "../../model/instance.ts";
import type { SecretName, SubsetName } from "../../model/names.ts";
import {
  type Affinity,
  defaultSettings,
  type HealthCheck,
  type LoadBalancing,
  type OutlierDetection,
  type ServiceSettings,
  type UpstreamTls,
} from "../../model/service.ts";
import type { ServiceValue, UpstreamTlsValue } from "../schema/service.ts";
import type { AffinityValue, LbPolicyValue } from "../schema/service-balancing.ts";
import type { HealthCheckValue, OutlierDetectionValue } from "../schema/service-health.ts";
import type { Content, KeyOf } from "./content.ts";
import { toGuards } from "./guard-content.ts";
import { sortedMap } from "./sorted-map.ts";
import { named, optionalMs, toRateLimit, toRetry } from "./traffic-content.ts";

const protocols = {
  http: "http",
  http2: "http2",
  grpc: "http2",
  "kubernetes.io/h2c": "http2",
  "kubernetes.io/ws": "http",
} as const;

const servedVersionHeader = "x-served-version";

export function toSettings(value: ServiceValue, key: KeyOf<"services">): Content {
  const { connect, request } = value.timeouts ?? {};
  const { circuitBreakers, servedVersionHeader: header } = value;
  const settings: ServiceSettings = {
    appProtocol: protocols[value.appProtocol ?? defaultSettings.appProtocol],
    subsets: (value.subsets ?? []).map(({ name, labels, fallback }) => ({
      name: name as SubsetName,
      labels: sortedMap(labels ?? { [versionLabel]: name }),
      fallback: fallback as SubsetName | undefined,
    })),
    timeouts: {
      connectMs: optionalMs(connect) ?? defaultSettings.timeouts.connectMs,
      requestMs: optionalMs(request),
    },
    healthCheck: value.healthCheck && toHealthCheck(value.healthCheck),
    outlierDetection: value.outlierDetection && toOutlierDetection(value.outlierDetection),
    loadBalancing: toLoadBalancing(value.lbPolicy ?? {}),
    circuitBreakers: { ...defaultSettings.circuitBreakers, ...circuitBreakers },
    tls: value.tls && toUpstreamTls(value.tls),
    retry: value.retry && toRetry(value.retry),
    rateLimit: value.rateLimit && toRateLimit(value.rateLimit),
    localities: (value.localities ?? []).map(({ zone, weight, priority }) => ({
      zone,
      weight,
      priority: priority ?? 0,
    })),
    servedVersionHeader: named(header, servedVersionHeader)?.toLowerCase(),
    guard: toGuards(value.guard, undefined),
  };
  return { kind: "settings", service: key.service, settings };
}

const toHealthCheck = (value: HealthCheckValue): HealthCheck => ({
  check: toCheck(value),
  intervalMs: optionalMs(value.interval) ?? 5_000,
  timeoutMs: optionalMs(value.timeout) ?? 1_000,
  unhealthyThreshold: value.unhealthyThreshold ?? 3,
  healthyThreshold: value.healthyThreshold ?? 1,
});

function toCheck({ http, grpc, tcp }: HealthCheckValue): HealthCheck["check"] {
  if (grpc !== undefined) return { kind: "grpc", serviceName: grpc.serviceName ?? "" };
  if (tcp !== undefined) return { kind: "tcp" };
  return {
    kind: "http",
    path: http?.path ?? "/health",
    host: http?.host,
    expectedStatuses: [...new Set(http?.expectedStatuses ?? [200])].sort((a, b) => a - b),
  };
}

const toOutlierDetection = (value: OutlierDetectionValue): OutlierDetection => ({
  consecutive5xx: value.consecutive5xx ?? 5,
  intervalMs: optionalMs(value.interval) ?? 10_000,
  baseEjectionMs: optionalMs(value.baseEjectionTime) ?? 30_000,
  maxEjectionPercent: value.maxEjectionPercent ?? 100,
});

const policies = {
  RoundRobin: "roundRobin",
  LeastRequest: "leastRequest",
  Random: "random",
  RingHash: "ringHash",
  Maglev: "maglev",
} as const;

function toLoadBalancing(value: LbPolicyValue): LoadBalancing {
  const { type, affinity, slowStart } = typeof value === "string" ? { type: value } : value;
  return {
    policy: policies[type ?? "RoundRobin"],
    affinity: affinity && toAffinity(affinity),
    slowStartMs: optionalMs(slowStart),
  };
}

function toAffinity({ header, cookie, queryParam }: AffinityValue): Affinity {
  if (header !== undefined) return { kind: "header", name: header.toLowerCase() };
  if (cookie !== undefined) {
    return { kind: "cookie", name: cookie.name, ttlMs: optionalMs(cookie.ttl) };
  }
  return queryParam === undefined ? { kind: "sourceIp" } : { kind: "queryParam", name: queryParam };
}

const toUpstreamTls = ({
  sni,
  ca,
  subjectAltNames,
  certificate,
}: UpstreamTlsValue): UpstreamTls => ({
  sni: sni?.toLowerCase(),
  ca: ca as SecretName | undefined,
  subjectAltNames: [...new Set(subjectAltNames)],
  certificate: certificate as SecretName | undefined,
});
