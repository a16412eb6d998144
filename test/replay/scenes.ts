/**
 * What happens in the store while a proxy is recorded, step by step. Addresses are fixed, so that a
 * replay has the same contents; nothing listens there, because xDS goes on without traffic.
 */

/** Keys of the store; undefined deletes. */
export type Content = Readonly<Record<string, unknown>>;

export interface Step {
  readonly name: string;
  /** The server stops and starts again: its proxy reconnects and tells what it has. */
  readonly restart?: true;
  /** Written in one transaction; while the server is down, if it restarts. */
  readonly put: Content;
}

export type SceneName = "envoy" | "grpc" | "alone-sotw" | "alone-delta";

/** The first step is what there is when the proxy connects for the first time. */
export const sceneOf = (name: SceneName): readonly Step[] => {
  if (name === "alone-sotw") return rawSteps("GRPC");
  if (name === "alone-delta") return rawSteps("DELTA_GRPC");
  return serviceSteps(name);
};

const at = (port: number, version: string): object => ({ address: `127.0.0.1:${port}`, version });

/** A service of two versions; what proxies refuse differs. */
function serviceSteps(of: "envoy" | "grpc"): readonly Step[] {
  const web = { appProtocol: "grpc" };
  const toShop = {
    hostnames: ["web"],
    rules: [
      {
        matches: [{ headers: [{ name: "x-to", value: "shop" }] }],
        backendRefs: [{ name: "shop" }],
      },
      { backendRefs: [{ name: "web" }] },
    ],
  };
  // Proxies without a proxy refuse the policy in the clusters that they have, until their routes name
  // others; Envoy refuses a ring that is larger than it may be.
  const [refused, mended]: readonly [Content, Content] =
    of === "grpc"
      ? [{ "services/web": { ...web, lbPolicy: "Maglev" } }, { "services/web": web }]
      : [{ "resources/*/clusters/ring": ring(2_048) }, { "resources/*/clusters/ring": ring(512) }];
  return [
    {
      name: "start",
      put: {
        "services/web": web,
        "endpoints/web/a": at(11, "v1"),
        "endpoints/web/b": at(12, "v2"),
        "weights/web": { v1: 90, v2: 10 },
      },
    },
    { name: "weights change", put: { "weights/web": { v1: 50, v2: 50 } } },
    { name: "an endpoint comes", put: { "endpoints/web/c": at(13, "v1") } },
    {
      name: "a service comes",
      put: { "endpoints/shop/a": at(21, "v1"), "grpcroutes/web": toShop },
    },
    { name: "restart", restart: true, put: {} },
    { name: "a resource is refused", put: refused },
    { name: "weights change beside it", put: { "weights/web": { v1: 20, v2: 80 } } },
    { name: "restart while it is refused", restart: true, put: {} },
    { name: "it is mended", put: mended },
    {
      name: "the service goes",
      put: { "grpcroutes/web": undefined, "endpoints/shop/a": undefined },
    },
    {
      name: "restart with other content",
      restart: true,
      put: { "weights/web": { v1: 10, v2: 90 }, "endpoints/web/c": undefined },
    },
    {
      name: "the canary goes",
      put: { "weights/web": undefined, "endpoints/web/b": undefined },
    },
  ];
}

const ring = (least: number): object => ({
  type: "STATIC",
  connect_timeout: "1s",
  lb_policy: "RING_HASH",
  ring_hash_lb_config: { minimum_ring_size: least, maximum_ring_size: 1_024 },
  load_assignment: { cluster_name: "ring" },
});

/** A stream for each type: Envoy's own resources, which name their source themselves. */
function rawSteps(api_type: "GRPC" | "DELTA_GRPC"): readonly Step[] {
  const source = {
    resource_api_version: "V3",
    api_config_source: {
      api_type,
      transport_api_version: "V3",
      grpc_services: [{ envoy_grpc: { cluster_name: "serin" } }],
    },
  };
  const cluster = (more: object = {}): object => ({
    type: "EDS",
    connect_timeout: "1s",
    eds_cluster_config: { eds_config: source },
    ...more,
  });
  const refused = {
    lb_policy: "RING_HASH",
    ring_hash_lb_config: { minimum_ring_size: 2_048, maximum_ring_size: 1_024 },
  };
  return [
    {
      name: "start",
      put: {
        "resources/*/clusters/blue": cluster(),
        "resources/*/endpoints/blue": assignment("blue", 11),
        "resources/*/clusters/green": cluster(),
        "resources/*/endpoints/green": assignment("green", 12),
        "resources/*/listeners/front": listener(source),
        "resources/*/routes/front": route({ blue: 90, green: 10 }),
      },
    },
    { name: "weights change", put: { "resources/*/routes/front": route({ blue: 50, green: 50 }) } },
    {
      name: "an endpoint comes",
      put: { "resources/*/endpoints/blue": assignment("blue", 11, 13) },
    },
    {
      name: "a cluster comes",
      put: {
        "resources/*/clusters/shop": cluster(),
        "resources/*/endpoints/shop": assignment("shop", 21),
        "resources/*/routes/front": route({ blue: 50, green: 40, shop: 10 }),
      },
    },
    { name: "restart", restart: true, put: {} },
    { name: "a resource is refused", put: { "resources/*/clusters/ring": cluster(refused) } },
    {
      name: "weights change beside it",
      put: { "resources/*/routes/front": route({ blue: 20, green: 70, shop: 10 }) },
    },
    { name: "restart while it is refused", restart: true, put: {} },
    {
      name: "it is mended",
      put: {
        "resources/*/clusters/ring": cluster(),
        "resources/*/endpoints/ring": assignment("ring", 14),
      },
    },
    {
      name: "the cluster goes",
      put: {
        "resources/*/routes/front": route({ blue: 50, green: 50 }),
        "resources/*/clusters/shop": undefined,
        "resources/*/endpoints/shop": undefined,
      },
    },
    {
      name: "restart with other content",
      restart: true,
      put: {
        "resources/*/routes/front": route({ blue: 10, green: 90 }),
        "resources/*/endpoints/blue": assignment("blue", 11),
        "resources/*/clusters/ring": undefined,
        "resources/*/endpoints/ring": undefined,
      },
    },
  ];
}

const address = (port_value: number): object => ({
  socket_address: { address: "127.0.0.1", port_value },
});

const assignment = (cluster_name: string, ...ports: readonly number[]): object => ({
  cluster_name,
  endpoints: [
    { locality: {}, lb_endpoints: ports.map((port) => ({ endpoint: { address: address(port) } })) },
  ],
});

const route = (weights: Readonly<Record<string, number>>): object => ({
  virtual_hosts: [
    {
      name: "all",
      domains: ["*"],
      routes: [
        {
          match: { prefix: "/" },
          route: {
            weighted_clusters: {
              clusters: Object.entries(weights).map(([name, weight]) => ({ name, weight })),
            },
          },
        },
      ],
    },
  ],
});

const extensions = "type.googleapis.com/envoy.extensions.filters";

const listener = (config_source: object): object => ({
  address: address(0),
  filter_chains: [
    {
      filters: [
        {
          name: "http",
          typed_config: {
            "@type": `${extensions}.network.http_connection_manager.v3.HttpConnectionManager`,
            stat_prefix: "front",
            rds: { route_config_name: "front", config_source },
            http_filters: [
              { name: "router", typed_config: { "@type": `${extensions}.http.router.v3.Router` } },
            ],
          },
        },
      ],
    },
  ],
});
