import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import {
  type EnvoyBootstrapOptions,
  envoyBootstrap,
  grpcBootstrap,
} from "../../../src/cli/bootstrap-template.ts";
import { envoyBootstrapYaml, grpcBootstrapJson } from "../../../src/cli/bootstrap-text.ts";
import { takesStatSink } from "../../../src/cli/stat-sink.ts";

const shipped = {
  nodeId: "edge-1",
  cluster: "edge",
  servers: [{ host: "127.0.0.1", port: 18000 }],
} as const;

/** The parts of a bootstrap that the tests look into. */
interface Shape {
  readonly dynamic_resources: { readonly ads_config: { readonly api_type: string } };
  readonly static_resources: {
    readonly clusters: readonly {
      readonly type: string;
      readonly load_assignment: {
        readonly endpoints: readonly {
          readonly lb_endpoints: readonly {
            readonly endpoint: { readonly address: { readonly socket_address: unknown } };
          }[];
        }[];
      };
      readonly transport_socket?: { readonly typed_config: Readonly<Record<string, unknown>> };
    }[];
  };
}

const clusterOf = (options: EnvoyBootstrapOptions) => {
  const [cluster] = (envoyBootstrap(options) as unknown as Shape).static_resources.clusters;
  if (cluster === undefined) throw new Error("no cluster");
  return cluster;
};

describe("the files in envoy/", () => {
  it.each([
    ["bootstrap-delta.yaml", envoyBootstrapYaml({ ...shipped, mode: "delta" })],
    ["bootstrap-sotw.yaml", envoyBootstrapYaml({ ...shipped, mode: "sotw" })],
    ["grpc-bootstrap.json", grpcBootstrapJson({ ...shipped, nodeId: "grpc-1", cluster: "grpc" })],
  ])("%s is what the generator prints", (name, text) => {
    const file = new URL(`../../../envoy/${name}`, import.meta.url);
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, text);
    expect(readFileSync(file, "utf8")).toBe(text);
  });
});

it("has a sink of statistics that Envoys up to 1.36 do not take", () => {
  const versions = ["1.36.4", "1.37.0", "1.40.0", "1.9.0", "2.0.0", "unknown"];
  expect(versions.filter(takesStatSink)).toEqual(["1.37.0", "1.40.0", "2.0.0"]);
});

describe("an Envoy bootstrap", () => {
  it.each(["delta", "sotw"] as const)("says the same in YAML with comments (%s)", (mode) => {
    const text = envoyBootstrapYaml({ ...shipped, mode });
    expect(parse(text)).toEqual(envoyBootstrap({ ...shipped, mode }));
    expect(text.split("\n").filter((line) => line.length > 100)).toEqual([]);
  });

  it("asks for the mode it was made for", () => {
    const apiType = (mode: "delta" | "sotw") =>
      (envoyBootstrap({ ...shipped, mode }) as unknown as Shape).dynamic_resources.ads_config
        .api_type;
    expect([apiType("delta"), apiType("sotw")]).toEqual(["DELTA_GRPC", "GRPC"]);
  });

  it("resolves names, and only names, by DNS", () => {
    const second = (host: string) =>
      clusterOf({ ...shipped, mode: "delta", servers: [...shipped.servers, { host, port: 1 }] });
    expect(second("10.0.0.2").type).toBe("STATIC");
    expect(second("::1").type).toBe("STATIC");
    expect(second("serin.local").type).toBe("STRICT_DNS");
    const [locality] = second("10.0.0.2").load_assignment.endpoints;
    expect(locality?.lb_endpoints.map(({ endpoint }) => endpoint.address.socket_address)).toEqual([
      { address: "127.0.0.1", port_value: 18000 },
      { address: "10.0.0.2", port_value: 1 },
    ]);
  });

  it("checks serin's name in its certificate", () => {
    const tls = { caFile: "/tls/ca.pem" };
    const typed = (options: object) =>
      clusterOf({ ...shipped, mode: "delta", tls, ...options }).transport_socket?.typed_config;
    const byName = typed({ tls: { ...tls, serverName: "serin.local" } });
    expect(byName).toMatchObject({ sni: "serin.local" });
    expect(JSON.stringify(byName)).toContain('"san_type":"DNS","matcher":{"exact":"serin.local"}');
    expect(typed({})).not.toHaveProperty("sni");
    expect(JSON.stringify(typed({}))).toContain('"san_type":"IP_ADDRESS"');
    expect(clusterOf({ ...shipped, mode: "delta" })).not.toHaveProperty("transport_socket");
  });

  it("can do without the layer of weights, and waits for none then", () => {
    const options = { ...shipped, mode: "sotw", layer: false } as const;
    expect(envoyBootstrap(options)).not.toHaveProperty("layered_runtime");
    expect(envoyBootstrapYaml(options)).not.toMatch(/RTDS|runtime|layered/);
    expect(envoyBootstrapYaml(options)).toContain("--sotw --no-layer\n");
    expect(envoyBootstrap({ ...options, layer: true })).toHaveProperty("layered_runtime");
  });

  it.each(["delta", "sotw"] as const)("says where load reports go (%s)", (mode) => {
    expect(envoyBootstrap({ ...shipped, mode })).toMatchObject({
      cluster_manager: {
        load_stats_config: {
          ...{ api_type: "GRPC", transport_api_version: "V3" },
          grpc_services: [{ envoy_grpc: { cluster_name: "serin" } }],
        },
      },
    });
  });

  it("without servers is a bug of the caller", () => {
    expect(() => envoyBootstrap({ ...shipped, mode: "delta", servers: [] })).toThrow(/^bug:/);
    expect(() => grpcBootstrap({ ...shipped, servers: [] })).toThrow(/^bug:/);
  });
});

describe("a gRPC bootstrap", () => {
  it("lists the servers in order, with their credentials", () => {
    const tls = { caFile: "/ca", client: { certFile: "/cert", keyFile: "/key" } };
    const servers = [...shipped.servers, { host: "::1", port: 18100 }];
    const channel_creds = [
      {
        type: "tls",
        config: { ca_certificate_file: "/ca", certificate_file: "/cert", private_key_file: "/key" },
      },
    ];
    expect(grpcBootstrap({ ...shipped, servers, tls })).toEqual({
      xds_servers: [
        { server_uri: "127.0.0.1:18000", channel_creds, server_features: ["xds_v3"] },
        { server_uri: "[::1]:18100", channel_creds, server_features: ["xds_v3"] },
      ],
      node: { id: "edge-1", cluster: "edge", locality: {} },
    });
  });
});
