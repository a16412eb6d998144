// @ts-check
// Routes all requests of the Envoys of the cluster `edge` to one place: the first argument, and then
// each line of the standard input, `address:port`.
import { createInterface } from "node:readline";
import { ads, createSnapshot, resource, SnapshotCache, XdsServer } from "serin";

const [first = "127.0.0.1:8081", xdsPort = "18000", httpPort = "10000"] = process.argv.slice(2);
const filters = "type.googleapis.com/envoy.extensions.filters";

/** @param {string} at */
function endpoints(at) {
  const [address = "", port] = at.split(":");
  const endpoint = { address: { socket_address: { address, port_value: Number(port) } } };
  const localities = [{ lb_endpoints: [{ endpoint }] }];
  return resource.loadAssignment({ cluster_name: "web", endpoints: localities });
}

const web = resource.cluster({ name: "web", type: "EDS", eds_cluster_config: { eds_config: ads } });
const routes = [{ match: { prefix: "/" }, route: { cluster: "web" } }];
const http = /** @type {const} */ ({
  "@type": `${filters}.network.http_connection_manager.v3.HttpConnectionManager`,
  stat_prefix: "http",
  route_config: { virtual_hosts: [{ name: "all", domains: ["*"], routes }] },
  http_filters: [{ name: "router", typed_config: { "@type": `${filters}.http.router.v3.Router` } }],
});
const filter_chains = [{ filters: [{ name: "http", typed_config: http }] }];
const address = { socket_address: { address: "127.0.0.1", port_value: Number(httpPort) } };
const listener = resource.listener({ name: "http", address, filter_chains });

const cache = new SnapshotCache({ groupOf: ({ node }) => node.cluster });
cache.setSnapshot("edge", createSnapshot([web, endpoints(first), listener]));
const server = new XdsServer(cache);
const listening = await server.listen({ host: "127.0.0.1", port: Number(xdsPort) });
if (!listening.ok) throw new Error(listening.error);
for await (const at of createInterface({ input: process.stdin })) {
  cache.setResource("edge", endpoints(at));
  console.log(at, (await server.applied("edge")).outcome);
}
