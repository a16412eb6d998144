import { describe, expect, it } from "vitest";
import type { ServiceName } from "../../../../src/model/names.ts";
import {
  defaultSettings,
  type HealthCheck,
  type ServiceSettings,
  type UpstreamTls,
} from "../../../../src/model/service.ts";
import { decodeAny, decodeMessage } from "../../../../src/proto/decode.ts";
import { toJson } from "../../../../src/proto/json.ts";
import { ourRoot } from "../../../../src/proto/root.ts";
import type { Resource } from "../../../../src/snapshot/resource.ts";
import { typeUrls } from "../../../../src/snapshot/type-url.ts";
import { aggregateResource } from "../../../../src/translate/cluster/aggregate.ts";
import {
  clusterResource,
  stickyClusterResource,
} from "../../../../src/translate/cluster/cluster.ts";
import {
  grpcClusterName,
  grpcCompatible,
} from "../../../../src/translate/cluster/grpc-compatible.ts";
import { subsetName } from "../states.ts";

const type = "envoy.config.cluster.v3.Cluster";
const decoded = ({ any }: Resource) => decodeMessage(type, decodeAny(any).value);
const json = ({ any }: Resource) =>
  toJson(ourRoot(), type, decodeAny(any).value) as Readonly<Record<string, unknown>>;
const withSettings = (settings: Partial<ServiceSettings>): Resource =>
  clusterResource("web/v1", { ...defaultSettings, ...settings }, []);

const http: HealthCheck = {
  check: { kind: "http", path: "/health", host: undefined, expectedStatuses: [] },
  intervalMs: 2_000,
  timeoutMs: 500,
  unhealthyThreshold: 3,
  healthyThreshold: 2,
};

describe("a health check", () => {
  const checkOf = (check: Partial<HealthCheck>, settings: Partial<ServiceSettings> = {}) =>
    decoded(withSettings({ healthCheck: { ...http, ...check }, ...settings })).health_checks?.[0];

  it("counts every unexpected status, at one interval, with and without traffic", () => {
    expect(checkOf({})).toEqual({
      timeout: { nanos: 500_000_000 },
      interval: { seconds: 2 },
      no_traffic_interval: { seconds: 2 },
      unhealthy_threshold: { value: 3 },
      healthy_threshold: { value: 2 },
      http_health_check: {
        host: "web",
        path: "/health",
        retriable_statuses: [{ start: 100, end: 600 }],
      },
    });
  });

  it("asks for the host that is named, or else for that of the certificate", () => {
    const check = { ...http.check, host: "health.example" } as HealthCheck["check"];
    expect(checkOf({ check })?.http_health_check?.host).toBe("health.example");
    const tls = { sni: "web.example", ca: undefined, subjectAltNames: [], certificate: undefined };
    expect(checkOf({}, { tls })?.http_health_check?.host).toBe("web.example");
  });

  it("takes the expected statuses, neighbours as one range", () => {
    const expectedStatuses = [204, 200, 201, 302, 200];
    const check: HealthCheck["check"] = {
      kind: "http",
      path: "/",
      host: undefined,
      expectedStatuses,
    };
    expect(checkOf({ check })?.http_health_check?.expected_statuses).toEqual([
      { start: 200, end: 202 },
      { start: 204, end: 205 },
      { start: 302, end: 303 },
    ]);
  });

  it("speaks the service's protocol", () => {
    const http2 = { appProtocol: "http2" } as const;
    expect(checkOf({}, http2)?.http_health_check?.codec_client_type).toBe("HTTP2");
    const check = { kind: "grpc", serviceName: "shop.Cart" } as const;
    expect(checkOf({ check }, http2)?.grpc_health_check).toEqual({
      service_name: "shop.Cart",
      authority: "web",
    });
    expect(checkOf({ check: { kind: "tcp" } })?.tcp_health_check).toEqual({});
  });

  it("is left out where Envoy would refuse the cluster: gRPC without HTTP/2", () => {
    expect(checkOf({ check: { kind: "grpc", serviceName: "" } })).toBeUndefined();
  });

  it("keeps new endpoints out of the count until they are checked", () => {
    const { common_lb_config: common } = decoded(withSettings({ healthCheck: http }));
    expect(common?.ignore_new_hosts_until_first_hc).toBe(true);
    expect(common?.healthy_panic_threshold).toEqual({});
  });
});

describe("outlier detection", () => {
  const outlier = { consecutive5xx: 5, intervalMs: 1_000, maxEjectionPercent: 50 };
  const found = (baseEjectionMs: number) =>
    decoded(withSettings({ outlierDetection: { ...outlier, baseEjectionMs } })).outlier_detection;

  it("does what is written and nothing besides", () => {
    expect(found(30_000)).toEqual({
      consecutive_5xx: { value: 5 },
      interval: { seconds: 1 },
      base_ejection_time: { seconds: 30 },
      max_ejection_percent: { value: 50 },
      max_ejection_time: { seconds: 300 },
      enforcing_success_rate: {},
      successful_active_health_check_uneject_host: {},
    });
  });

  it("lets the longest ejection be no shorter than the first", () => {
    expect(found(600_000)?.max_ejection_time).toEqual({ seconds: 600 });
  });
});

describe("load balancing", () => {
  const found = (policy: ServiceSettings["loadBalancing"]["policy"], slowStartMs?: number) => {
    const cluster = json(
      withSettings({ loadBalancing: { policy, affinity: undefined, slowStartMs } }),
    );
    return Object.fromEntries(
      Object.entries(cluster).filter(
        ([field]) => /^lb_policy|lb_config$/.test(field) && field !== "common_lb_config",
      ),
    );
  };
  const slow = { slow_start_config: { slow_start_window: "60s" } };

  it("has a field of Envoy's for each policy, and slow start where it has one", () => {
    expect(found("roundRobin")).toEqual({});
    expect(found("random", 60_000)).toEqual({ lb_policy: "RANDOM" });
    expect(found("maglev", 60_000)).toEqual({ lb_policy: "MAGLEV" });
    expect(found("ringHash")).toEqual({
      lb_policy: "RING_HASH",
      ring_hash_lb_config: { minimum_ring_size: "1024" },
    });
    expect(found("roundRobin", 60_000)).toEqual({ round_robin_lb_config: slow });
    expect(found("leastRequest")).toEqual({ lb_policy: "LEAST_REQUEST" });
    expect(found("leastRequest", 60_000)).toEqual({
      lb_policy: "LEAST_REQUEST",
      least_request_lb_config: slow,
    });
  });

  it("looks at the weights of zones where the settings have one", () => {
    const weighted = (weight: number | undefined) =>
      decoded(withSettings({ localities: [{ zone: "a", weight, priority: 1 }] })).common_lb_config
        ?.locality_weighted_lb_config;
    expect([weighted(1), weighted(undefined)]).toEqual([{}, undefined]);
  });
});

it("circuit breakers keep serin's own bound where the settings have none", () => {
  const circuitBreakers = { ...defaultSettings.circuitBreakers, maxRequests: 7, maxRetries: 0 };
  expect(decoded(withSettings({ circuitBreakers })).circuit_breakers?.thresholds).toEqual([
    {
      max_connections: { value: 100_000 },
      max_pending_requests: { value: 100_000 },
      max_requests: { value: 7 },
      max_retries: {},
    },
  ]);
});

describe("TLS to the instances", () => {
  const plain: UpstreamTls = {
    sni: undefined,
    ca: undefined,
    subjectAltNames: [],
    certificate: undefined,
  };
  const ca = "authority" as NonNullable<UpstreamTls["ca"]>;
  const tlsOf = (tls: Partial<UpstreamTls>, settings: Partial<ServiceSettings> = {}) =>
    json(withSettings({ tls: { ...plain, ...tls }, ...settings }))["transport_socket"];
  const context = (common: object, sni: object = {}) => ({
    name: "envoy.transport_sockets.tls",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
      common_tls_context: common,
      ...sni,
    },
  });
  const ads = { ads: {}, resource_api_version: "V3" };
  const authority = { name: "secret/authority/ca", sds_config: ads };
  const dns = (exact: string) => ({ san_type: "DNS", matcher: { exact } });

  it("checks against the secret's authority and the name in the handshake", () => {
    const combined_validation_context = {
      default_validation_context: { match_typed_subject_alt_names: [dns("web.example")] },
      validation_context_sds_secret_config: authority,
    };
    expect(tlsOf({ ca, sni: "web.example" })).toEqual(
      context({ combined_validation_context }, { sni: "web.example" }),
    );
  });

  it("checks no name where none is given", () => {
    expect(tlsOf({ ca })).toEqual(context({ validation_context_sds_secret_config: authority }));
  });

  it("tells names, addresses and URIs apart", () => {
    const subjectAltNames = ["*.example", "10.0.0.1", "::1", "spiffe://a/web", "urn:a"];
    expect(JSON.stringify(tlsOf({ subjectAltNames }))).toContain(
      JSON.stringify([
        dns("*.example"),
        { san_type: "IP_ADDRESS", matcher: { exact: "10.0.0.1" } },
        { san_type: "IP_ADDRESS", matcher: { exact: "::1" } },
        { san_type: "URI", matcher: { exact: "spiffe://a/web" } },
        { san_type: "URI", matcher: { exact: "urn:a" } },
      ]),
    );
  });

  it("never goes without an authority", () => {
    const filename = "/etc/ssl/certs/ca-certificates.crt";
    expect(tlsOf({})).toEqual(context({ validation_context: { trusted_ca: { filename } } }));
  });

  it("offers h2 alone to a service of HTTP/2", () => {
    expect(JSON.stringify(tlsOf({ ca }, { appProtocol: "http2" }))).toContain(
      '"alpn_protocols":["h2"]',
    );
  });

  it("needs its secrets", () => {
    const certificate = "own" as NonNullable<UpstreamTls["certificate"]>;
    const { needs } = withSettings({ tls: { ...plain, ca, certificate } });
    expect(needs).toEqual([
      { typeUrl: typeUrls.secret, name: "secret/own" },
      { typeUrl: typeUrls.secret, name: "secret/authority/ca" },
    ]);
    expect(withSettings({}).needs).toEqual([]);
  });
});

it("an aggregate names its members in order, and needs them", () => {
  const aggregate = aggregateResource("web/v2+v1", ["web/v2", "web/v1"], defaultSettings, ["k"]);
  expect(json(aggregate)).toMatchObject({
    name: "web/v2+v1",
    cluster_type: {
      name: "envoy.clusters.aggregate",
      typed_config: { clusters: ["web/v2", "web/v1"] },
    },
    connect_timeout: "1s",
    lb_policy: "CLUSTER_PROVIDED",
    circuit_breakers: { thresholds: [{ max_retries: 1_000 }] },
  });
  const cluster = typeUrls.cluster;
  expect(aggregate.references).toEqual([]);
  expect(aggregate.needs).toEqual([
    { typeUrl: cluster, name: "web/v2" },
    { typeUrl: cluster, name: "web/v1" },
  ]);
});

it("the cluster of a sticky split is a ring over weighted localities, whatever the policy", () => {
  const { lb_policy, ring_hash_lb_config, common_lb_config, name } = decoded(
    stickyClusterResource("shop/0/sticky", defaultSettings, []),
  );
  expect({ lb_policy, ring_hash_lb_config, name }).toEqual({
    name: "shop/0/sticky",
    lb_policy: "RING_HASH",
    ring_hash_lb_config: {
      minimum_ring_size: { value: 4096 },
      maximum_ring_size: { value: 4096 },
    },
  });
  expect(common_lb_config?.locality_weighted_lb_config).toEqual({});
});

describe("settings for gRPC clients", () => {
  it("are the same object where nothing differs", () => {
    const { settings, problems } = grpcCompatible(defaultSettings);
    expect(settings).toBe(defaultSettings);
    expect(problems).toEqual([]);
  });

  it("have a policy that every client knows", () => {
    const changed = (policy: ServiceSettings["loadBalancing"]["policy"]) => {
      const loadBalancing = { ...defaultSettings.loadBalancing, policy };
      const { settings, problems } = grpcCompatible({ ...defaultSettings, loadBalancing });
      return [settings.loadBalancing.policy, problems.length];
    };
    expect(changed("ringHash")).toEqual(["ringHash", 0]);
    expect(changed("leastRequest")).toEqual(["roundRobin", 1]);
    expect(changed("random")).toEqual(["roundRobin", 1]);
    expect(changed("maglev")).toEqual(["ringHash", 1]);
  });

  it("have no tls, which none of them takes by SDS", () => {
    const tls = { sni: "a", ca: undefined, subjectAltNames: [], certificate: undefined };
    const { settings, problems } = grpcCompatible({ ...defaultSettings, tls });
    expect(settings).toEqual(defaultSettings);
    expect(problems).toHaveLength(1);
  });

  it("make clusters of a name of their own", () => {
    expect(grpcClusterName("web" as ServiceName, subsetName("v1"))).toBe("web/v1/grpc");
  });
});
