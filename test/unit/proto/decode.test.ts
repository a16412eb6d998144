import fc from "fast-check";
import protobuf from "protobufjs";
import { describe, expect, it } from "vitest";
import { decodeMessage } from "../../../src/proto/decode.ts";
import { encodeMessage, encodeWith } from "../../../src/proto/encode.ts";
import { officialRoot } from "../../../src/proto/official.ts";

const requestName = "envoy.service.discovery.v3.DiscoveryRequest";

/** A node as a real Envoy sends it: some 60 kB of extensions around a few words. */
function fatNode(): object {
  const extensions = Array.from({ length: 400 }, (_, index) => ({
    name: `envoy.filters.http.extension_number_${index}`,
    category: "envoy.filters.http",
    type_urls: [`envoy.extensions.filters.http.extension_number_${index}.v3.ExtensionNumber`],
  }));
  return {
    id: "edge-1",
    cluster: "edge",
    metadata: { zone: "a" },
    user_agent_name: "envoy",
    user_agent_build_version: { version: { major_number: 1, minor_number: 40 } },
    extensions,
    client_features: ["envoy.lb.does_not_support_overprovisioning"],
  };
}

describe("decodeMessage", () => {
  const official = officialRoot();

  it("skips the extensions of a node", () => {
    const request = { type_url: "x", node: fatNode(), resource_names: ["a", "b"] };
    const bytes = encodeWith(official, requestName, request);
    expect(bytes.length).toBeGreaterThan(50_000);
    const plain = decodeMessage(requestName, bytes);
    const { extensions: _skipped, ...node } = fatNode() as { extensions: unknown };
    expect(plain).toEqual({ type_url: "x", node, resource_names: ["a", "b"] });
  });

  it("leaves the node of a load report as bytes that a Node is decoded from", () => {
    const name = "envoy.service.load_stats.v3.LoadStatsRequest";
    const bytes = encodeWith(official, name, {
      node: fatNode(),
      cluster_stats: [{ cluster_name: "web/v2", total_dropped_requests: 3 }],
    });
    const plain = decodeMessage(name, bytes);
    expect(plain.cluster_stats).toEqual([{ cluster_name: "web/v2", total_dropped_requests: 3 }]);
    const node = decodeMessage("envoy.config.core.v3.Node", plain.node ?? new Uint8Array());
    expect(node).toMatchObject({ id: "edge-1", cluster: "edge" });
  });

  it("reads responses that splice resources as the published messages", () => {
    const any = encodeMessage("google.protobuf.Any", {
      "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
      name: "a",
    } as never);
    const resource = encodeMessage("envoy.service.discovery.v3.Resource", {
      name: "a",
      version: "1",
      resource: any,
    });
    const bytes = encodeMessage("envoy.service.discovery.v3.DeltaDiscoveryResponse", {
      nonce: "7",
      resources: [resource],
      removed_resources: ["b"],
    });
    const type = official.lookupType("envoy.service.discovery.v3.DeltaDiscoveryResponse");
    expect(type.toObject(type.decode(bytes), { bytes: Array })).toEqual({
      nonce: "7",
      removed_resources: ["b"],
      resources: [
        {
          name: "a",
          version: "1",
          resource: {
            type_url: "type.googleapis.com/envoy.config.cluster.v3.Cluster",
            value: [10, 1, 97],
          },
        },
      ],
    });
  });

  it("takes the last member of a oneof, and merges a message that comes twice", () => {
    const both = Buffer.concat([
      encodeMessage("envoy.config.core.v3.Address", { pipe: { path: "/a" } }),
      encodeMessage("envoy.config.core.v3.Address", { socket_address: { address: "b" } }),
      encodeMessage("envoy.config.core.v3.Address", { socket_address: { port_value: 1 } }),
    ]);
    expect(decodeMessage("envoy.config.core.v3.Address", both)).toEqual({
      socket_address: { address: "b", port_value: 1 },
    });
  });

  it("takes numbers packed and unpacked, and keeps an enum number without a name", () => {
    const match = "envoy.config.listener.v3.FilterChainMatch";
    expect(decodeMessage(match, Buffer.from("38013802" + "3a020304", "hex"))).toEqual({
      source_ports: [1, 2, 3, 4],
    });
    const cluster = decodeMessage("envoy.config.cluster.v3.Cluster", Buffer.from("3063", "hex"));
    expect(cluster).toEqual({ lb_policy: 99 });
  });

  it("is not fooled by a map key called __proto__", () => {
    const name = "envoy.service.discovery.v3.DeltaDiscoveryRequest";
    const versions = Object.fromEntries([["__proto__", "1"]]);
    const plain = decodeMessage(name, encodeMessage(name, { initial_resource_versions: versions }));
    expect(Object.keys(plain.initial_resource_versions ?? {})).toEqual(["__proto__"]);
  });

  it("throws on bytes that end too early and on endless nesting", () => {
    const bytes = encodeMessage(requestName, { node: { id: "edge-1" }, resource_names: ["abc"] });
    for (const length of [1, 3, 5, bytes.length - 1]) {
      expect(() => decodeMessage(requestName, bytes.subarray(0, length))).toThrow();
    }
    let deep = Buffer.alloc(0);
    for (let level = 0; level < 200; level += 1) {
      const size = protobuf.Writer.create().uint32(deep.length).finish();
      deep = Buffer.concat([Buffer.from([0x32]), size, deep].map((part) => Buffer.from(part)));
      const inner = protobuf.Writer.create().uint32(deep.length).finish();
      deep = Buffer.concat([Buffer.from([0x0a]), inner, deep].map((part) => Buffer.from(part)));
    }
    const matcher = "envoy.type.matcher.v3.ListMatcher";
    expect(() => decodeMessage(matcher, deep.subarray(2))).toThrow();
  });

  it("never does anything but return or throw an Error on arbitrary bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          expect(decodeMessage(requestName, bytes)).toBeTypeOf("object");
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
