// @ts-check
// Routes all requests of the Envoys of the cluster `edge` to one place: the first argument, and then
// each line of the standard input, `address:port`.
import { createInterface } from "node:readline";
import { createSnapshot, resource, SnapshotCache, XdsServer } from "serin";

const [first = "127.0.0.1:8081", xdsPort = "18000", httpPort = "10000"] = process.argv.slice(2);
const ads = /** @type {const} */ ({ resource_api_version: "V3", ads: {} });
const filters = "type.googleapis.com/envoy.extensions.filters";

/** @param {string} at */
function web(at) {
  const [address = "", port] = at.split(":");
  const endpoint = { address: { socket_address: { address, port_value: Number(port) } } };
  return resource.loadAssignment({
    cluster_name: "web",
    endpoints: [{ lb_endpoints: [{ endpoint }] }],
  });
}

const http = /** @type {const} */ ({
  "@type": `${filters}.network.http_connection_manager.v3.HttpConnectionManager`,
  stat_prefix: "http",
  rds: { route_config_name: "all", config_source: ads },
  http_filters: [{ name: "router", typed_config: { "@type": `${filters}.http.router.v3.Router` } }],
});
const route = { match: { prefix: "/" }, route: { cluster: "web" } };

const cache = new SnapshotCache({ groupOf: ({ node }) => node.cluster });
cache.setSnapshot(
  "edge",
  createSnapshot([
    resource.cluster({ name: "web", type: "EDS", eds_cluster_config: { eds_config: ads } }),
    web(first),
    resource.routeConfiguration({
      name: "all",
      virtual_hosts: [{ name: "all", domains: ["*"], routes: [route] }],
    }),
    resource.listener({
      name: "http",
      address: { socket_address: { address: "127.0.0.1", port_value: Number(httpPort) } },
      filter_chains: [{ filters: [{ name: "http", typed_config: http }] }],
    }),
  ]),
);

const server = new XdsServer(cache, {
  callbacks: { nacked: ({ node, typeUrl, message }) => console.error(node.id, typeUrl, message) },
});
const listening = await server.listen({ host: "127.0.0.1", port: Number(xdsPort) });
if (!listening.ok) throw new Error(listening.error);
console.log(`xDS on ${listening.value.host}:${listening.value.port}`);

for await (const at of createInterface({ input: process.stdin })) {
  cache.setResource("edge", web(at));
  const { outcome, streams } = await server.applied("edge");
  console.log(`${at}: ${outcome} by ${streams} Envoys`);
}
await server.drain();
