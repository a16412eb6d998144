import { Document, isMap, isScalar, isSeq, stringify } from "yaml";
import { assert } from "../lib/assert.ts";
import {
  type BootstrapOptions,
  type EnvoyBootstrapOptions,
  envoyBootstrap,
  grpcBootstrap,
} from "./bootstrap-template.ts";

type Path = readonly (string | number)[];

const ads: Path = ["dynamic_resources", "ads_config"];
const cluster: Path = ["static_resources", "clusters", 0];
const http2: Path = [
  ...cluster,
  "typed_extension_protocol_options",
  "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
  "explicit_http_config",
  "http2_protocol_options",
];
const endpoints: Path = [...cluster, "load_assignment", "endpoints", 0, "lb_endpoints"];

/** Why the lines of an Envoy bootstrap are as they are; each comment stands above its key. */
const comments: readonly (readonly [Path, string])[] = [
  [
    ["node"],
    "Who this Envoy is. `cluster` decides which gateways it gets (nodeSelector of `gateways/<name>`);\n" +
      "`id` must differ between Envoys, or their states cannot be told apart.",
  ],
  [["admin"], "Only on loopback: whoever reaches this port can stop Envoy."],
  [
    [...ads, "set_node_on_first_message_only"],
    "The node description is several kB; serin remembers it for the stream.",
  ],
  [
    [...ads, "grpc_services", 0, "envoy_grpc", "retry_policy"],
    "Attempts to reconnect, with jitter. Envoy's own longest pause is 30 s: a long\n" +
      "time to serve old weights after serin is back. Traffic flows on meanwhile.",
  ],
  [
    ["dynamic_resources", "cds_config"],
    "Everything comes over the one stream above, so that serin can keep the order\n" +
      "clusters, endpoints, listeners, routes: no request meets a route without its cluster.",
  ],
  [
    ["cluster_manager"],
    "What came of the requests to each cluster and endpoint: serin is told every 2 s. Guards and\n" +
      "releases go by it. This is the only place where Envoy can be told to.",
  ],
  [["stats_sinks"], "Statistics that go to serin every 5 s. All others stay here."],
  [
    ["layered_runtime"],
    "Weights of services in release come as runtime keys: a change of 1 % is 2 kB, and not all routes\n" +
      "of a listener once more. Without the first layer they come in the routes. The second one is\n" +
      "what an Envoy has by default: /runtime_modify writes to it, and it counts before the first.",
  ],
  [
    [...cluster, "connect_timeout"],
    "A server that does not answer is passed over soon; then comes the next one.",
  ],
  [
    [...http2, "connection_keepalive"],
    "A server that vanished without closing (power, network) is left after about 9 s.\n" +
      "Without pings Envoy would wait until TCP gives up, and miss each change.",
  ],
  [endpoints, "One entry for each replica of serin: they are equal, any one will do."],
];

/** The YAML file of an Envoy bootstrap, with comments. */
export function envoyBootstrapYaml(options: EnvoyBootstrapOptions): string {
  const document = new Document(envoyBootstrap(options), { aliasDuplicateObjects: false });
  const { nodeId, cluster: nodeCluster, mode, layer = true } = options;
  const { verdicts = false, latency = false } = options;
  const sinks = `${verdicts ? " --verdicts" : ""}${latency ? " --latency" : ""}`;
  const more = `${layer ? "" : " --no-layer"}${sinks}`;
  const flags = `--node-id ${nodeId} --cluster ${nodeCluster} --${mode}${more}`;
  document.commentBefore = indented(
    `Points an Envoy at serin, by ${modeName[mode]}.\n` +
      `Made by: serin bootstrap ${flags}\nUse: envoy -c <this file>`,
  );
  const present = comments.filter(([path]) => document.hasIn(path));
  for (const [path, text] of present) commentAbove(document, path, text);
  const list = document.getIn(endpoints);
  if (options.servers.length === 1 && isSeq(list)) {
    list.comment = indented(stringify([secondServer]).trimEnd());
  }
  return document.toString({ lineWidth: 100 });
}

/** The JSON file of a gRPC bootstrap. */
export function grpcBootstrapJson(options: BootstrapOptions): string {
  return `${JSON.stringify(grpcBootstrap(options), null, 2)}\n`;
}

const modeName = {
  delta: "incremental xDS (only what changed is sent)",
  sotw: "state-of-the-world xDS (each type is sent whole)",
} as const;

/** Shown, commented out, where only one server is given. */
const secondServer = {
  endpoint: { address: { socket_address: { address: "127.0.0.1", port_value: 18100 } } },
};

function commentAbove(document: Document, path: Path, text: string): void {
  const parent = document.getIn(path.slice(0, -1), true);
  assert(isMap(parent), `a comment stands above a key: ${path.join(".")}`);
  const key = parent.items.find(
    (pair) => isScalar(pair.key) && pair.key.value === path.at(-1),
  )?.key;
  assert(isScalar(key), `no such key in the bootstrap: ${path.join(".")}`);
  key.commentBefore = indented(text);
}

const indented = (text: string): string => text.replaceAll(/^/gm, " ");
