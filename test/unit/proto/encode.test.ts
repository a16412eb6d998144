import { describe, expect, it } from "vitest";
import { decodeAny, decodeMessage } from "../../../src/proto/decode.ts";
import { encodeAny, encodeMessage, encodeRawAny, rawAny } from "../../../src/proto/encode.ts";
import { ourRoot } from "../../../src/proto/root.ts";
import { anyOf, duration, wrapped } from "../../../src/proto/values.ts";
import { cluster, listener, routes } from "./examples.ts";

const clusterUrl = "type.googleapis.com/envoy.config.cluster.v3.Cluster";
const routesName = "envoy.config.route.v3.RouteConfiguration";
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** Untyped on purpose: these are the mistakes that the types would refuse. */
const encodeLoosely = (name: string, message: object) => () => encodeMessage(name, message);

describe("encodeMessage", () => {
  it("writes what protobufjs reads", () => {
    const type = ourRoot().lookupType(routesName);
    const seen = type.toObject(type.decode(encodeMessage(routesName, routes)), { enums: String });
    expect(seen["name"]).toBe("edge/http");
    expect(seen["virtual_hosts"][0].routes[1].route.weighted_clusters.clusters).toMatchObject([
      { name: "web/v1", weight: { value: 9_000 } },
      { name: "web/v2", weight: { value: 1_000 } },
    ]);
    expect(seen["virtual_hosts"][0].retry_policy.retriable_status_codes).toEqual([503, 504]);
    expect(type.encode(type.decode(encodeMessage(routesName, routes))).finish()).toEqual(
      encodeMessage(routesName, routes),
    );
  });

  it.each([
    ["envoy.config.listener.v3.Listener", listener],
    ["envoy.config.cluster.v3.Cluster", cluster],
    [routesName, routes],
  ])("round-trips %s", (name: string, message: object) => {
    const bytes = encodeMessage(name, message);
    const plain = decodeMessage(name, bytes);
    expect(encodeMessage(name, plain)).toEqual(bytes);
    if (name !== "envoy.config.listener.v3.Listener") return;
    // Defaults (codec_type AUTO, an empty RTT window) do not come back; all else does.
    expect(plain).toMatchObject({ name: "edge/http", metadata: listener.metadata });
  });

  it("depends on content alone, not on the order in which an object was built", () => {
    const metadata = (keys: readonly string[]) =>
      Object.fromEntries(keys.map((key) => [key, { [`${key}1`]: 1, "0": key }]));
    const one = { name: "a", metadata: { filter_metadata: metadata(["z", "a", "m"]) } };
    const two = { metadata: { filter_metadata: metadata(["m", "z", "a"]) }, name: "a" };
    expect(hex(encodeMessage(clusterUrl, one))).toBe(hex(encodeMessage(clusterUrl, two)));
  });

  it("leaves out defaults but keeps what differs from absence", () => {
    const assignment = "envoy.config.endpoint.v3.LocalityLbEndpoints";
    expect(hex(encodeMessage(assignment, { priority: 0 }))).toBe("");
    expect(hex(encodeMessage(assignment, { load_balancing_weight: wrapped(0) }))).toBe("1a00");
    expect(hex(encodeMessage("envoy.config.core.v3.DataSource", { inline_string: "" }))).toBe(
      "1a00",
    );
    expect(hex(encodeMessage(clusterUrl, { type: "STATIC", lb_policy: "ROUND_ROBIN" }))).toBe(
      "1000",
    );
  });

  it("writes 64-bit numbers exactly", () => {
    const range = { start: -9_223_372_036_854_775_808n, end: 9_007_199_254_740_993n };
    const bytes = encodeMessage("envoy.type.v3.Int64Range", range);
    expect(decodeMessage("envoy.type.v3.Int64Range", bytes)).toEqual(range);
    const stats = { cluster_name: "a", total_dropped_requests: 18_446_744_073_709_551_615n };
    const name = "envoy.config.endpoint.v3.ClusterStats";
    expect(decodeMessage(name, encodeMessage(name, stats))).toEqual(stats);
  });

  it("replaces half of a surrogate pair, which UTF-8 cannot carry", () => {
    const bytes = encodeMessage(clusterUrl, { name: "a\uD800" });
    expect(decodeMessage(clusterUrl, bytes)).toEqual({ name: "a\uFFFD" });
  });

  it.each([
    [{ nam: "a" }, "Cluster: unknown field nam"],
    [{ name: 1 }, "Cluster.name: expected a string, got number 1"],
    [{ name: null }, "Cluster.name: expected a string"],
    [
      { lb_policy: "ROUND" },
      "Cluster.lb_policy: expected a name of envoy.config.cluster.v3.Cluster.LbPolicy",
    ],
    [{ health_checks: {} }, "Cluster.health_checks: expected an array"],
    [
      { health_checks: [{}, { timeout: "1s" }] },
      "Cluster.health_checks[1].timeout: expected an object",
    ],
    [
      { health_checks: [{ timeout: { seconds: 0.5 } }] },
      "health_checks[0].timeout.seconds: expected a whole number",
    ],
    [
      { per_connection_buffer_limit_bytes: { value: -1 } },
      "value: expected a whole number from 0 to 4294967295",
    ],
    [{ type: "EDS", cluster_type: {} }, "two members of oneof cluster_discovery_type"],
    [{ metadata: { filter_metadata: { a: { b: undefined } } } }, "a Struct cannot hold"],
    [
      { transport_socket: { typed_config: { "@type": "a/no.Such" } } },
      "typed_config: no message a/no.Such",
    ],
    [
      {
        typed_extension_protocol_options: {
          x: {
            "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
            auto: {},
          },
        },
      },
      "typed_extension_protocol_options.x.<envoy.extensions.upstreams.http.v3.HttpProtocolOptions>: unknown field auto",
    ],
  ])("throws on %j", (message, text) => {
    expect(encodeLoosely(clusterUrl, message)).toThrow(text);
  });

  it("throws on a type that proto/ lacks", () => {
    expect(encodeLoosely("envoy.config.tap.v3.TapConfig", {})).toThrow("no message");
  });
});

describe("Any", () => {
  it("packs nested messages and knows them again", () => {
    const bytes = encodeMessage("envoy.config.listener.v3.Listener", listener);
    const plain = decodeMessage("envoy.config.listener.v3.Listener", bytes);
    expect(plain.filter_chains?.[0]?.filters?.[0]?.typed_config).toMatchObject({
      "@type":
        "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
      rds: { route_config_name: "edge/http" },
      http_filters: [
        {
          typed_config: anyOf("envoy.extensions.filters.http.router.v3.Router", {
            dynamic_stats: {},
          }),
        },
      ],
    });
  });

  it("wraps a resource for a response", () => {
    const any = encodeAny(clusterUrl, cluster);
    expect(any).toEqual(encodeRawAny(clusterUrl, encodeMessage(clusterUrl, cluster)));
    expect(decodeAny(any).typeUrl).toBe(clusterUrl);
    expect(new Uint8Array(decodeAny(any).value)).toEqual(
      new Uint8Array(encodeMessage(clusterUrl, cluster)),
    );
    expect(hex(encodeAny("google.protobuf.Empty", {}))).toBe(
      hex(encodeRawAny("google.protobuf.Empty", new Uint8Array())),
    );
  });

  it("keeps unknown types as they are", () => {
    const socket = { name: "x", typed_config: rawAny("acme.v1.Socket", new Uint8Array([8, 1])) };
    const bytes = encodeMessage("envoy.config.core.v3.TransportSocket", socket);
    const plain = decodeMessage("envoy.config.core.v3.TransportSocket", bytes);
    expect(encodeMessage("envoy.config.core.v3.TransportSocket", plain)).toEqual(bytes);
    expect(plain.typed_config).toMatchObject({ type_url: "type.googleapis.com/acme.v1.Socket" });
  });

  it("holds a Struct under `value`", () => {
    const typed_config = {
      "@type": "type.googleapis.com/google.protobuf.Struct",
      value: { a: 1, b: [null, { c: "d" }] },
    } as const;
    const bytes = encodeMessage("envoy.config.core.v3.TransportSocket", { typed_config });
    expect(decodeMessage("envoy.config.core.v3.TransportSocket", bytes)).toEqual({ typed_config });
  });
});

describe("duration", () => {
  it.each([
    [0, { seconds: 0, nanos: 0 }],
    [250, { seconds: 0, nanos: 250_000_000 }],
    [1_500, { seconds: 1, nanos: 500_000_000 }],
    [0.001, { seconds: 0, nanos: 1_000 }],
    [999.999_999_9, { seconds: 1, nanos: 0 }],
    [-1_500, { seconds: -1, nanos: -500_000_000 }],
  ])("of %d ms", (ms, expected) => {
    expect(duration(ms)).toEqual(expected);
  });
});
