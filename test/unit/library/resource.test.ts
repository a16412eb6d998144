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
      /^CDS resource "web": unknown field typ of envoy.config.cluster.v3.Cluster; resource.fromJson /,
    );
    expect(() => resource.cluster({ name: "web", connect_timeout: { ms: 1 } } as object)).toThrow(
      /^CDS resource "web": connect_timeout: unknown field ms of google.protobuf.Duration/,
    );
    const typed_config = { "@type": "type.googleapis.com/mine.Filter" } as never;
    expect(() => resource.extensionConfig({ name: "f", typed_config })).toThrow(
      /^ECDS resource "f": typed_config: no message .*mine.Filter; resource.fromJson takes/,
    );
    expect(() => resource.cluster({})).toThrow("CDS resource: name: expected a name");
    expect(() => resource.loadAssignment({})).toThrow(
      "EDS resource: cluster_name: expected a name",
    );
    expect(() => resource.cluster("web" as never)).toThrow("expected a message, an object");
    expect(resource.fromJson(typeUrls.cluster, { name: "web", type: 1.5 })).toMatchObject({
      ok: false,
      error: { path: "type" },
    });
    expect(resource.fromJson("Cluster", {})).toMatchObject({
      error: { message: expect.stringContaining('got "Cluster"') },
    });
  });
});

describe("options of a resource", () => {
  const bytes = Uint8Array.of();
  const makers: readonly [string, (options: object) => unknown][] = [
    ["a maker", (options) => resource.cluster({ name: "web" }, options)],
    ["fromJson", (options) => resource.fromJson(typeUrls.cluster, { name: "web" }, options)],
    ["fromBytes", (options) => resource.fromBytes("type.googleapis.com/a.B", "b", bytes, options)],
  ];

  it.each(makers)("%s refuses what would fail at each stream", (_name, make) => {
    for (const version of [7, "", null]) {
      expect(() => make({ version })).toThrow(/version: expected a text/);
    }
    for (const ttlMs of [Number.NaN, -5, 0, 999, 86_400_001, Number.POSITIVE_INFINITY, "5000"]) {
      expect(() => make({ ttlMs })).toThrow(/ttlMs: expected milliseconds from 1000 to 86400000/);
    }
    expect(() => make({ ttl: 5_000 })).toThrow('there is no option "ttl"');
  });

  it.each(makers)("%s takes undefined for what is left out", (_name, make) => {
    expect(make({ version: undefined, ttlMs: undefined })).toEqual(make({}));
  });

  it("bytes are bytes", () => {
    const text = "CAE=" as never;
    expect(() => resource.fromBytes("type.googleapis.com/a.B", "b", text)).toThrow(TypeError);
  });
});

describe("createSnapshot", () => {
  it("refuses what is no resource, and says which", () => {
    const bad = (resources: unknown, options?: unknown) => () =>
      createSnapshot(resources as [], options as object);
    expect(bad([web, { name: "a" }])).toThrow(
      "createSnapshot: resources[1]: expected what `resource` makes, got an object with name",
    );
    const result = resource.fromJson(typeUrls.cluster, { name: "a" });
    expect(bad([result])).toThrow("resources[0]: expected the `value` of a result that is `ok`");
    expect(bad("abc")).toThrow("expected a list of resources");
    expect(bad(web)).toThrow("expected a list of resources");
    expect(bad([web], "1")).toThrow('expected options, of versions, revision, got the text "1"');
    expect(bad([web], { version: "1" })).toThrow('there is no option "version"');
    expect(bad([web], { revision: 1 })).toThrow("revision: expected a bigint");
    expect(bad([web], { versions: "1" })).toThrow("versions: expected texts by type URL");
    expect(bad([web], { versions: { [typeUrls.cluster]: 1 } })).toThrow("got the number 1");
  });

  it("refuses two of one name, and versions of types that are not there", () => {
    expect(() => createSnapshot([web, web])).toThrow('two CDS resources are named "web"');
    expect(() =>
      createSnapshot([web], { versions: { [typeUrls.routeConfiguration]: "1" } }),
    ).toThrow(TypeError);
  });

  it("what it lacks can be told before it is set", () => {
    const snapshot = createSnapshot([web, routes, listener]);
    expect(missingReferences(resourcesOf(snapshot))).toEqual([
      {
        typeUrl: typeUrls.cluster,
        name: "web",
        missingTypeUrl: typeUrls.loadAssignment,
        missing: "web",
      },
    ]);
  });
});
