import { describe, expect, it } from "vitest";
import {
  createSnapshot,
  missingReferences,
  resource,
  resourcesOf,
  typeUrls,
} from "../../../src/index.ts";
import { encodeMessage } from "../../../src/proto/encode.ts";

const ads = { resource_api_version: "V3", ads: {} } as const;
const filters = "type.googleapis.com/envoy.extensions.filters";
const manager = `${filters}.network.http_connection_manager.v3.HttpConnectionManager` as const;

const web = resource.cluster({ name: "web", type: "EDS", eds_cluster_config: { eds_config: ads } });
const routes = resource.routeConfiguration({
  name: "all",
  virtual_hosts: [
    { name: "v", domains: ["*"], routes: [{ match: { prefix: "/" }, route: { cluster: "web" } }] },
  ],
});
const rds = { stat_prefix: "h", rds: { route_config_name: "all", config_source: ads } };
const listener = resource.listener({
  name: "http",
  address: { socket_address: { address: "127.0.0.1", port_value: 80 } },
  filter_chains: [{ filters: [{ name: "h", typed_config: { "@type": manager, ...rds } }] }],
});

describe("resource", () => {
  it("knows what a message names", () => {
    expect(web.references).toEqual(["web"]);
    expect(routes.references).toEqual(["web"]);
    expect(listener).toMatchObject({ references: ["all"], sockets: ["127.0.0.1:80"] });
  });

  it("looks into messages that came encoded", () => {
    const typed_config = { type_url: manager, value: encodeMessage(manager, rds) };
    const made = resource.listener({
      name: "l",
      filter_chains: [{ filters: [{ name: "h", typed_config }] }],
    });
    expect(made.references).toEqual(["all"]);
  });

  it("JSON and typed messages are the same bytes", () => {
    const json = {
      name: "web",
      type: "EDS",
      edsClusterConfig: { edsConfig: { ads: {}, resource_api_version: "V3" } },
    };
    const made = resource.fromJson(typeUrls.cluster, json);
    expect(made.ok && made.value).toEqual(web);
  });

  it("takes bytes of any type, and versions and times to live of one's own", () => {
    const made = resource.fromBytes("type.googleapis.com/mine.Thing", "x", Uint8Array.of(8, 1), {
      version: "7",
      ttlMs: 5_000,
    });
    expect(made.ok && made.value).toMatchObject({ name: "x", version: "7", ttlMs: 5_000 });
  });

  it("says what is wrong, and where", () => {
    expect(() => resource.cluster({ name: "web", typ: "EDS" } as object)).toThrow(
      /^CDS resource "web": .*unknown field typ/,
    );
    expect(() => resource.cluster({})).toThrow("has no name");
    expect(resource.fromJson(typeUrls.cluster, { name: "web", type: 1.5 })).toMatchObject({
      ok: false,
      error: { path: "type" },
    });
    expect(resource.fromJson("Cluster", {})).toMatchObject({
      error: { message: expect.stringContaining('got "Cluster"') },
    });
  });
});

describe("createSnapshot", () => {
  it("refuses two of one name, and versions of types that are not there", () => {
    expect(() => createSnapshot([web, web])).toThrow('two CDS resources are named "web"');
    expect(() => createSnapshot([web], { versions: { [typeUrls.route]: "1" } })).toThrow(TypeError);
  });

  it("what it lacks can be told before it is set", () => {
    const snapshot = createSnapshot([web, routes, listener]);
    expect(missingReferences(resourcesOf(snapshot))).toEqual([
      { typeUrl: typeUrls.cluster, name: "web", missingTypeUrl: typeUrls.endpoint, missing: "web" },
    ]);
  });
});
