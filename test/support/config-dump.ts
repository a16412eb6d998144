import type { Envoy } from "./envoy.ts";
import type { Serin } from "./serin.ts";

type Json = Readonly<Record<string, unknown>>;

/** Resources by type, and there by name, in a form in which equal ones have equal texts. */
type Dump = ReadonlyMap<string, ReadonlyMap<string, string>>;

interface SnapshotReport {
  readonly views: readonly {
    readonly view: string;
    readonly types: readonly {
      readonly type: string;
      readonly resources: readonly { readonly name: string; readonly body: Json }[];
    }[];
  }[];
}

/** What is different between the view of a server and what Envoy runs, in words; empty: nothing. */
export async function dumpDifferences(
  server: Serin,
  envoy: Envoy,
  view: string,
): Promise<readonly string[]> {
  const [wanted, running] = [await snapshotOf(server, view), await runningIn(envoy)];
  const found: string[] = [];
  for (const [type, resources] of wanted) {
    const own = running.get(type) ?? new Map<string, string>();
    for (const [name, text] of resources) {
      const other = own.get(name);
      if (other === undefined) found.push(`${type} ${name}: Envoy has none`);
      else if (other !== text) found.push(`${type} ${name}: Envoy has ${other}, serin ${text}`);
    }
    for (const name of own.keys()) {
      if (!resources.has(name)) found.push(`${type} ${name}: serin has none`);
    }
  }
  return found;
}

async function snapshotOf(server: Serin, key: string): Promise<Dump> {
  const report = await server.api<SnapshotReport>(
    `/v1/snapshot?bodies=true&view=${encodeURIComponent(key)}`,
  );
  const dump = emptyDump();
  for (const { type, resources } of report.views.flatMap(({ types }) => types)) {
    for (const { name, body } of resources) {
      // Listeners of gRPC clients and their routes are there by name only.
      if (type === "LDS" && "api_listener" in body) continue;
      if (type === "RDS" && !name.includes("/")) continue;
      dump.get(type)?.set(name, comparable(type, body));
    }
  }
  return dump;
}

const emptyDump = () =>
  new Map(["CDS", "EDS", "LDS", "RDS"].map((type) => [type, new Map<string, string>()]));

interface AdminDump {
  readonly dynamic_active_clusters?: readonly { readonly cluster: Json }[];
  readonly dynamic_warming_clusters?: readonly { readonly cluster: Json }[];
  readonly dynamic_listeners?: readonly {
    readonly name: string;
    readonly active_state?: { readonly listener: Json };
  }[];
  readonly dynamic_route_configs?: readonly { readonly route_config: Json }[];
  readonly dynamic_endpoint_configs?: readonly { readonly endpoint_config: Json }[];
}

async function runningIn(envoy: Envoy): Promise<Dump> {
  const dump = emptyDump();
  const add = (type: string, body: Json | undefined, name: unknown = body?.["name"]): void => {
    if (body !== undefined) dump.get(type)?.set(String(name), comparable(type, body));
  };
  for (const part of (await envoy.configDump()).configs as readonly AdminDump[]) {
    for (const { cluster } of part.dynamic_active_clusters ?? []) add("CDS", cluster);
    for (const { cluster } of part.dynamic_warming_clusters ?? []) {
      dump.get("CDS")?.set(String(cluster["name"]), "warming");
    }
    for (const one of part.dynamic_listeners ?? []) add("LDS", one.active_state?.listener);
    for (const { route_config } of part.dynamic_route_configs ?? []) add("RDS", route_config);
    for (const { endpoint_config } of part.dynamic_endpoint_configs ?? []) {
      add("EDS", endpoint_config, endpoint_config["cluster_name"]);
    }
  }
  return dump;
}

/** Envoy adds to endpoints what it knows of them: only where and how much is compared. */
function comparable(type: string, body: Json): string {
  return type === "EDS" ? endpointsText(body) : JSON.stringify(sorted(body));
}

interface Assignment {
  readonly endpoints?: readonly {
    readonly lb_endpoints?: readonly {
      readonly endpoint: {
        readonly address: {
          readonly socket_address: { readonly address: string; readonly port_value: number };
        };
      };
      readonly load_balancing_weight?: number;
    }[];
  }[];
}

function endpointsText(body: Json): string {
  const { endpoints = [] } = body as Assignment;
  const all = endpoints.flatMap(({ lb_endpoints = [] }) =>
    lb_endpoints.map(({ endpoint, load_balancing_weight }) => {
      const { address, port_value } = endpoint.address.socket_address;
      return `${address}:${port_value} ${load_balancing_weight ?? 1}`;
    }),
  );
  return all.sort().join(", ");
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== "@type" || !String((value as Json)["@type"]).includes("config."))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
