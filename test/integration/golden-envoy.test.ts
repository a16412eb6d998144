import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { requireBinary } from "../support/binaries.ts";
import {
  goldenCases,
  type ProtoJson,
  type RenderedResources,
  readGoldenOut,
} from "../support/golden.ts";
import { freshFolder } from "../support/tmp.ts";

/**
 * Every golden output, written as a static bootstrap, is one that a real Envoy accepts. Load
 * assignments and route configurations, which Envoy would fetch, stand inside of what names them.
 */
describe("Envoy accepts", () => {
  const cases = goldenCases().flatMap((name) => {
    const { shared, gateways } = readGoldenOut(name);
    const views = Object.entries(gateways);
    const all = views.length === 0 ? [["", {}] as const] : views;
    return all.map(([gateway, own]) => ({ name, gateway, bootstrap: bootstrapOf(shared, own) }));
  });

  it.concurrent.each(cases)("$name $gateway", async ({ name, bootstrap }) => {
    expect(await validate(name, bootstrap)).toBe("accepted");
  });

  it("and refuses what is wrong, so that the cases above prove something", async () => {
    const { shared } = readGoldenOut("endpoints-alone");
    const text = JSON.stringify(bootstrapOf(shared, {}));
    const unbalanced = JSON.parse(text.replaceAll(/"weight":[0-9]+/g, '"weight":0')) as object;
    expect(await validate("unbalanced", unbalanced)).toContain("Sum of weights");
  });
});

/** `accepted`, or what Envoy says against it. */
async function validate(name: string, bootstrap: object): Promise<string> {
  const envoy = await requireBinary("envoy");
  const file = join(freshFolder(`golden-${name}`), "bootstrap.json");
  writeFileSync(file, JSON.stringify(bootstrap, null, 2));
  const args = [...envoy.args, "--mode", "validate", "--config-path", file, "--log-level", "error"];
  const run = promisify(execFile)(envoy.command, args, { timeout: 30_000 });
  return run.then(
    () => "accepted",
    (error: Error & { stderr?: string }) => error.stderr ?? error.message,
  );
}

const managerUrl =
  "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

const optionsType = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
const secretServer = {
  name: "secrets",
  typed_extension_protocol_options: {
    [optionsType]: {
      "@type": `type.googleapis.com/${optionsType}`,
      explicit_http_config: { http2_protocol_options: {} },
    },
  },
};

/** Secrets over ADS crash an Envoy that only validates; one of a server's own is never asked. */
function withSecretServer(message: ProtoJson): ProtoJson {
  const source = {
    resource_api_version: "V3",
    api_config_source: {
      api_type: "GRPC",
      transport_api_version: "V3",
      grpc_services: [{ envoy_grpc: { cluster_name: secretServer.name } }],
    },
  };
  return JSON.parse(JSON.stringify(message), (key, value: unknown) =>
    key === "sds_config" ? source : value,
  ) as ProtoJson;
}

function bootstrapOf(shared: RenderedResources, own: RenderedResources): object {
  const all = (type: string): ReadonlyMap<string, ProtoJson> =>
    new Map([...Object.entries(shared[type] ?? {}), ...Object.entries(own[type] ?? {})]);
  const routes = new Map([...all("RDS"), ...routesInScopes(all("SRDS"))]);
  const listeners = [...all("LDS").values()].filter((each) => !("api_listener" in each));
  const named = new Set(JSON.stringify(listeners).match(/(?<="route_config_name":")[^"]+/g));
  // Those that nothing here names, above all those for gRPC, get a listener to be checked in.
  const unnamed = [...routes.keys()].filter((name) => !named.has(name)).map(listenerFor);
  return {
    node: { id: "golden", cluster: "golden" },
    static_resources: {
      clusters: [
        secretServer,
        ...[...all("CDS").values()].map((each) => staticCluster(each, all("EDS"))),
      ],
      listeners: [...listeners, ...unnamed].map((each) => inlined(each, routes)),
    },
  };
}

function staticCluster(cluster: ProtoJson, assignments: ReadonlyMap<string, ProtoJson>): ProtoJson {
  const { eds_cluster_config: eds, ...rest } = withSecretServer(cluster);
  if (eds === undefined) return rest;
  const { service_name: serviceName } = eds as { readonly service_name?: string };
  const name = serviceName ?? String(cluster["name"]);
  const assignment = assignments.get(name);
  expect(assignment, `${name} has no load assignment`).toBeDefined();
  return { ...rest, type: "STATIC", load_assignment: assignment };
}

/** Envoy judges scopes only where it fetches them: what is in them is judged. */
const routesInScopes = (scopes: ReadonlyMap<string, ProtoJson>): ReadonlyMap<string, ProtoJson> =>
  new Map([...scopes].map(([name, scope]) => [name, scope["route_configuration"] as ProtoJson]));

function listenerFor(name: string): ProtoJson {
  const manager = {
    "@type": managerUrl,
    stat_prefix: name,
    rds: { route_config_name: name },
    http_filters: [
      {
        name: "envoy.filters.http.router",
        typed_config: {
          "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
        },
      },
    ],
  };
  return {
    name: `check/${name}`,
    address: { socket_address: { address: "127.0.0.1", port_value: 0 } },
    filter_chains: [{ filters: [{ name: "http", typed_config: manager }] }],
  };
}

/** The listener with its route configurations in place of their names. */
function inlined(listener: ProtoJson, routes: ReadonlyMap<string, ProtoJson>): ProtoJson {
  return JSON.parse(JSON.stringify(withSecretServer(listener)), (_key, value: unknown) => {
    if (typeof value !== "object" || value === null) return value;
    if ("scoped_routes" in value) {
      const { scoped_routes: _, ...rest } = value;
      return { ...rest, route_config: {} };
    }
    if (!("rds" in value)) return value;
    const { rds, ...rest } = value as { rds: { route_config_name: string } };
    const routeConfig = routes.get(rds.route_config_name);
    expect(routeConfig, `${rds.route_config_name} is not there`).toBeDefined();
    // A warning in the diagnostics is an error to a static Envoy, which checks that clusters exist.
    return { ...rest, route_config: { ...routeConfig, validate_clusters: false } };
  }) as ProtoJson;
}
