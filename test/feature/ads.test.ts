import { describe, expect, it } from "vitest";
import { CDS, EDS, LDS, namesOf, RDS } from "./client.ts";
import { web, withLab } from "./support.ts";

const adsSource = { ads: {}, resource_api_version: "V3" };
const version = expect.stringMatching(/^([0-9a-f]{16}|[\w-]{11})$/);
const control_plane = { identifier: "serin test" };
const wrapped = (value: number) => ({ value });

const cluster = (name: string) => ({
  "@type": CDS,
  name,
  type: "EDS",
  eds_cluster_config: { eds_config: adsSource },
  connect_timeout: { seconds: "1" },
  circuit_breakers: {
    thresholds: [
      {
        max_connections: wrapped(100_000),
        max_pending_requests: wrapped(100_000),
        max_requests: wrapped(100_000),
        max_retries: wrapped(1_000),
      },
    ],
  },
  common_lb_config: { healthy_panic_threshold: {}, update_merge_window: {} },
  ignore_health_on_host_removal: true,
  // The client of these tests does not say that it is an Envoy.
  lrs_server: { self: {} },
});

const assignment = (name: string, address: string) => ({
  "@type": EDS,
  cluster_name: name,
  endpoints: [
    {
      locality: {},
      lb_endpoints: [
        {
          endpoint: { address: { socket_address: { address, port_value: 8080 } } },
          load_balancing_weight: wrapped(100),
        },
      ],
      load_balancing_weight: wrapped(100),
    },
  ],
});

const listener = {
  "@type": LDS,
  name: "default/http",
  address: { socket_address: { address: "0.0.0.0", port_value: 10_000 } },
  per_connection_buffer_limit_bytes: wrapped(32_768),
  filter_chains: [
    {
      filters: [
        {
          name: "envoy.filters.network.http_connection_manager",
          typed_config: expect.objectContaining({
            stat_prefix: "default/http",
            rds: { config_source: adsSource, route_config_name: "default/http" },
          }),
        },
      ],
    },
  ],
};

const routes = (v1: number, v2: number) => ({
  "@type": RDS,
  name: "default/http",
  virtual_hosts: [
    {
      name: "web",
      domains: ["web"],
      routes: [
        {
          match: { prefix: "/" },
          route: {
            weighted_clusters: {
              clusters: [
                { name: "web/v1", weight: wrapped(v1) },
                { name: "web/v2", weight: wrapped(v2) },
              ],
            },
          },
        },
      ],
    },
  ],
  ignore_port_in_host_matching: true,
});

describe("an Envoy on ADS, state of the world", () => {
  const response = (type_url: string, resources: readonly object[]) => ({
    version_info: version,
    resources,
    type_url,
    nonce: expect.any(String),
  });

  it("gets everything from the first request to a change of the weights", () =>
    withLab(web, async (lab) => {
      const envoy = lab.sotw("envoy-1");
      const clusters = await envoy.fetch(CDS);
      const first = response(CDS, [cluster("web/v1"), cluster("web/v2")]);
      expect(clusters).toEqual({ ...first, control_plane });
      const assignments = await envoy.fetch(EDS, ["web/v1", "web/v2"]);
      expect(assignments).toEqual(
        response(EDS, [assignment("web/v1", "10.0.0.1"), assignment("web/v2", "10.0.0.2")]),
      );
      expect(await envoy.fetch(LDS)).toEqual(response(LDS, [listener]));
      const before = await envoy.fetch(RDS, ["default/http"]);
      expect(before).toEqual(response(RDS, [routes(9_000, 1_000)]));
      await envoy.quiet();

      await lab.put({ "weights/web": { v1: 50, v2: 50 } });
      const after = await envoy.accept(RDS);
      expect(after).toEqual(response(RDS, [routes(5_000, 5_000)]));
      expect(after.version_info).not.toBe(before.version_info);
      await envoy.quiet();
      expect(new Set(envoy.received.map(({ nonce }) => nonce)).size).toBe(envoy.received.length);

      await lab.put({ "weights/web": { v1: 90, v2: 10 } });
      expect((await envoy.accept(RDS)).version_info).toBe(before.version_info);
    }));

  it("gets a changed load assignment alone, and the one of a changed cluster again", () =>
    withLab(web, async (lab) => {
      const envoy = lab.sotw("envoy-1");
      for (const [typeUrl, names] of start) await envoy.fetch(typeUrl, names);
      await lab.put({ "endpoints/web/a": { address: "10.0.0.9:8080", version: "v1" } });
      expect((await envoy.accept(EDS)).resources).toEqual([assignment("web/v1", "10.0.0.9")]);
      await envoy.quiet();
      await lab.put({ "services/web": { timeouts: { connect: "3s" } } });
      expect(namesOf(await envoy.accept(CDS))).toEqual(["web/v1", "web/v2"]);
      expect(namesOf(await envoy.accept(EDS))).toEqual(["web/v1", "web/v2"]);
      await envoy.quiet();
    }));
});

const start: readonly (readonly [string, readonly string[]])[] = [
  [CDS, []],
  [EDS, ["web/v1", "web/v2"]],
  [LDS, []],
  [RDS, ["default/http"]],
];

describe("an Envoy on ADS, delta", () => {
  const response = (type_url: string, resources: readonly { readonly "@type": string }[]) => ({
    system_version_info: version,
    resources: resources.map((resource) => ({ name: nameOf(resource), version, resource })),
    type_url,
    nonce: expect.any(String),
  });
  const nameOf = (resource: object): string => {
    const { name, cluster_name } = resource as { name?: string; cluster_name?: string };
    return name ?? cluster_name ?? "";
  };

  it("gets everything from the first request to a change of the weights", () =>
    withLab(web, async (lab) => {
      const envoy = lab.delta("envoy-1");
      const clusters = await envoy.fetch(CDS);
      const first = response(CDS, [cluster("web/v1"), cluster("web/v2")]);
      expect(clusters).toEqual({ ...first, control_plane });
      const assignments = await envoy.fetch(EDS, ["web/v1", "web/v2"]);
      expect(assignments).toEqual(
        response(EDS, [assignment("web/v1", "10.0.0.1"), assignment("web/v2", "10.0.0.2")]),
      );
      expect(await envoy.fetch(LDS)).toEqual(response(LDS, [listener]));
      const before = await envoy.fetch(RDS, ["default/http"]);
      expect(before).toEqual(response(RDS, [routes(9_000, 1_000)]));
      await envoy.quiet();

      await lab.put({ "weights/web": { v1: 50, v2: 50 } });
      expect(await envoy.accept(RDS)).toEqual(response(RDS, [routes(5_000, 5_000)]));
      await envoy.quiet();
      await lab.put({ "weights/web": { v1: 90, v2: 10 } });
      expect((await envoy.accept(RDS)).resources).toEqual(before.resources);
    }));

  it("hears at once of a name that does not exist, and of it when it does", () =>
    withLab(web, async (lab) => {
      const envoy = lab.delta("envoy-1");
      envoy.subscribe(EDS, ["web/v1", "shop/v1"]);
      const first = await envoy.accept(EDS);
      expect(namesOf(first)).toEqual(["web/v1"]);
      expect(first.removed_resources).toEqual(["shop/v1"]);
      await lab.put({ "endpoints/shop/a": { address: "10.1.0.1:80", version: "v1" } });
      expect(namesOf(await envoy.accept(EDS))).toEqual(["shop/v1"]);
    }));
});

describe("a proxyless gRPC client", () => {
  it("asks for its target by name, and gets no listener of a gateway", () =>
    withLab(web, async (lab) => {
      const client = lab.sotw("grpc-1");
      const target = await client.fetch(LDS, ["web"]);
      expect(target.resources).toEqual([
        {
          "@type": LDS,
          name: "web",
          api_listener: {
            api_listener: expect.objectContaining({
              stat_prefix: "web",
              rds: { config_source: adsSource, route_config_name: "web" },
            }),
          },
        },
      ]);
      expect(namesOf(await client.fetch(RDS, ["web"]))).toEqual(["web"]);
      expect(namesOf(await client.fetch(CDS, ["web/v1", "web/v2"]))).toEqual(["web/v1", "web/v2"]);
      expect(namesOf(await client.fetch(EDS, ["web/v1"]))).toEqual(["web/v1"]);
      await client.quiet();
      const envoy = lab.sotw("envoy-1");
      expect(namesOf(await envoy.fetch(LDS))).toEqual(["default/http"]);
      const both = lab.sotw("both-1");
      expect(namesOf(await both.fetch(LDS, ["*", "web"])).toSorted()).toEqual([
        "default/http",
        "web",
      ]);
    }));

  it("may ask for more before the first answer has come", () =>
    withLab(web, async (lab) => {
      const client = lab.sotw("grpc-1");
      client.request(CDS, ["web/v2"]);
      client.request(CDS, ["web/v2", "web/v1"]);
      const first = await client.response(CDS);
      expect(namesOf(first)).toEqual(["web/v2"]);
      client.ack(first);
      expect(namesOf(await client.accept(CDS)).toSorted()).toEqual(["web/v1", "web/v2"]);
      await client.quiet();
    }));

  it("unsubscribes from all with an empty list, which is no wildcard", () =>
    withLab(web, async (lab) => {
      const client = lab.sotw("grpc-1");
      await client.fetch(CDS, ["web/v1"]);
      await client.fetch(EDS, ["web/v1"]);
      client.request(EDS, []);
      client.request(CDS, []);
      await client.quiet();
    }));
});
