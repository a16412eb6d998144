import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { envoyBootstrap } from "../../src/cli/bootstrap-template.ts";
import { type Backend, startBackend } from "../../src/dev/backend.ts";
import { type Envoy, startEnvoy } from "../support/envoy.ts";
import { type Etcd, startEtcd } from "../support/etcd.ts";
import { type Load, startLoad } from "../support/load.ts";
import { freePort } from "../support/ports.ts";
import { type Serin, startSerin } from "../support/serin.ts";
import { eventually } from "../support/wait.ts";

type Content = Readonly<Record<string, unknown>>;

/** Longer than the grace of a cluster that nothing names. */
const requestsAfter = 750;
const rate = 300;

const routeTo = (service: string, gateway: string): unknown => ({
  parentRefs: [{ name: gateway }],
  rules: [{ backendRefs: [{ name: service }] }],
});

const ads = { ads: {}, resource_api_version: "V3" };

/** A snapshot of a node's own, which has the same port open. */
const snapshotOf = (name: string, port: number, backendPort: number): unknown => ({
  resources: [
    {
      type: "cds",
      resource: {
        name: "raw",
        type: "STATIC",
        connect_timeout: "1s",
        load_assignment: {
          cluster_name: "raw",
          endpoints: [{ lb_endpoints: [{ endpoint: { address: addressOf(backendPort) } }] }],
        },
      },
    },
    {
      type: "lds",
      resource: {
        name,
        address: addressOf(port),
        filter_chains: [
          {
            filters: [
              {
                name: "hcm",
                typed_config: {
                  "@type":
                    "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                  stat_prefix: "own",
                  rds: { config_source: ads, route_config_name: name },
                  http_filters: [
                    {
                      name: "envoy.filters.http.router",
                      typed_config: {
                        "@type":
                          "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
                      },
                    },
                  ],
                },
              },
            ],
          },
        ],
      },
    },
    {
      type: "rds",
      resource: {
        name,
        virtual_hosts: [
          {
            name: "all",
            domains: ["*"],
            routes: [{ match: { prefix: "/" }, route: { cluster: "raw" } }],
          },
        ],
      },
    },
  ],
});

const addressOf = (port: number): unknown => ({
  socket_address: { address: "127.0.0.1", port_value: port },
});

describe.each(["delta", "sotw"] as const)("kept connections lose no request over %s", (mode) => {
  let etcd: Etcd;
  let web: Backend;
  let only: Backend;
  let serin: Serin;
  let envoy: Envoy;
  let port: number;
  let load: Load;

  const put = async (content: Content): Promise<void> => {
    for (const [key, value] of Object.entries(content)) {
      if (value === undefined) await etcd.del(`/serin/${key}`);
      else await etcd.put(`/serin/${key}`, JSON.stringify(value));
    }
    await etcd.put("/serin/status/test", JSON.stringify(performance.now()));
  };
  const apply = async (content: Content): Promise<void> => {
    await put(content);
    const last = await etcd.get("/serin/status/test");
    await serin.applied(last?.modRevision ?? 0);
  };
  /** Under load: before, through and for long after the change. */
  const loses = async (content: Content): Promise<Readonly<Record<string, number>>> => {
    load.take();
    await apply(content);
    const { total } = load.report();
    await eventually(() => load.report().total >= total + requestsAfter, {
      what: "requests after the change",
      timeoutMs: 30_000,
    });
    return load.take().failures;
  };
  const gateway = (cluster: string, ...listeners: readonly string[]): unknown => ({
    nodeSelector: { cluster },
    listeners: listeners.map((name) => ({
      name,
      port,
      address: "127.0.0.1",
      services: "None",
      ...(name.startsWith("h") ? { hostname: `${name}.test` } : {}),
    })),
  });

  beforeAll(async () => {
    etcd = await startEtcd();
    web = await startBackend({ version: "web" });
    only = await startBackend({ version: "only" });
    port = await freePort();
    await put({
      "endpoints/web/a": { address: `127.0.0.1:${web.port}`, version: "v1" },
      "endpoints/only/a": { address: `127.0.0.1:${only.port}`, version: "v1" },
      "gateways/a": gateway("edge", "l"),
      "gateways/b": gateway("edge", "l"),
      "routes/a": routeTo("web", "a"),
      "routes/b": routeTo("only", "b"),
    });
    serin = await startSerin({ store: `etcd://${etcd.endpoint}` });
    const servers = [{ host: "127.0.0.1", port: serin.xdsPort }];
    const bootstrap = envoyBootstrap({ nodeId: "n1", cluster: "edge", mode, servers });
    envoy = await startEnvoy({ bootstrap });
    await envoy.ready();
    load = startLoad({ port, headers: { host: "x" }, rate, concurrency: 24 });
  });
  afterAll(async () => {
    await load?.stop();
    await envoy?.stop();
    await serin?.stop();
    await web?.close();
    await only?.close();
    await etcd?.stop();
  });

  it("when the node leaves one of its gateways, and when it comes back", async () => {
    expect(await loses({ "gateways/a": gateway("elsewhere", "l") })).toEqual({});
    expect(await loses({ "gateways/a": gateway("edge", "l") })).toEqual({});
  });

  it("when the gateway goes whose listener they came in by", async () => {
    expect(await loses({ "gateways/a": undefined })).toEqual({});
    expect(await loses({ "gateways/a": gateway("edge", "l") })).toEqual({});
  });

  it.each(["own", "a/l"])(
    "when the node gets a snapshot with a listener %s, and loses it",
    async (name) => {
      expect(await loses({ "snapshots/n1": snapshotOf(name, port, only.port) })).toEqual({});
      expect(await loses({ "snapshots/n1": undefined })).toEqual({});
    },
  );

  it("when the listeners of a socket change places and names, and the route changes then", async () => {
    const inTurn = async (...changes: readonly Content[]): Promise<void> => {
      for (const change of changes) expect(await loses(change), JSON.stringify(change)).toEqual({});
    };
    await inTurn({ "gateways/a": gateway("edge", "l", "h1") });
    const listeners = await envoy.stats(/listener_manager\.listener_(added|removed)/);
    await inTurn(
      { "gateways/a": gateway("edge", "h1", "l") },
      { "routes/a": routeTo("only", "a") },
      { "gateways/a": gateway("edge", "h2", "l") },
      { "routes/a": routeTo("web", "a") },
    );
    expect(await envoy.stats(/listener_manager\.listener_(added|removed)/)).toEqual(listeners);
    // Alone, a listener gives its own name to Envoy's.
    await inTurn({ "gateways/a": gateway("edge", "l") }, { "routes/a": routeTo("only", "a") });
  });
});
