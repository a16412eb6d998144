import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Backend, startBackend } from "../../src/dev/backend.ts";
import { type Child, startChild } from "../../src/dev/child.ts";
import { httpGet } from "../../src/dev/readiness.ts";
import type { Instance } from "../../src/model/instance.ts";
import {
  defaultSettings,
  type HealthCheck,
  type ServiceSettings,
} from "../../src/model/service.ts";
import { decodeAny } from "../../src/proto/decode.ts";
import { toJson } from "../../src/proto/json.ts";
import { ourRoot } from "../../src/proto/root.ts";
import type { Resource } from "../../src/snapshot/resource.ts";
import { aggregateResource } from "../../src/translate/cluster/aggregate.ts";
import { assignmentResource } from "../../src/translate/cluster/assignment.ts";
import { clusterResource } from "../../src/translate/cluster/cluster.ts";
import { unwrap } from "../support/binaries.ts";
import { type Envoy, startEnvoy } from "../support/envoy.ts";
import type { ProtoJson } from "../support/golden.ts";
import { eventually } from "../support/wait.ts";
import { instance } from "../unit/translate/states.ts";

/** What a real Envoy makes of the clusters: it decides itself, on paper they only look right. */
const healthCheck: HealthCheck = {
  check: { kind: "http", path: "/health", host: undefined, expectedStatuses: [200] },
  intervalMs: 100,
  timeoutMs: 2_000,
  unhealthyThreshold: 3,
  healthyThreshold: 1,
};
const checkedBy = (parts: Partial<HealthCheck>): ServiceSettings => ({
  ...defaultSettings,
  healthCheck: { ...healthCheck, ...parts },
});
const checked = checkedBy({});

const json = ({ any }: Resource): ProtoJson => {
  const { typeUrl, value } = decodeAny(any);
  return toJson(ourRoot(), typeUrl, value) as ProtoJson;
};

/** The cluster with its load assignment inside. */
function staticCluster(name: string, settings: ServiceSettings, ports: readonly number[]) {
  const { eds_cluster_config: _, ...rest } = json(clusterResource(name, settings, []));
  const members = ports.map((port, n): Instance => {
    return { ...instance("web", n), address: { host: "127.0.0.1", port } };
  });
  const assignment = json(assignmentResource(name, members, settings, []));
  return { ...rest, type: "STATIC", load_assignment: assignment };
}

/** Requests to `/<name>` go to the cluster. */
function bootstrapOf(clusters: readonly ProtoJson[]): object {
  const routes = clusters.map(({ name }) => ({
    match: { path: `/${String(name)}` },
    route: { cluster: name },
  }));
  const types = "type.googleapis.com/envoy.extensions.filters";
  const connections = {
    "@type": `${types}.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: "test",
    route_config: { virtual_hosts: [{ name: "all", domains: ["*"], routes }] },
    http_filters: [
      {
        name: "envoy.filters.http.router",
        typed_config: { "@type": `${types}.http.router.v3.Router` },
      },
    ],
  };
  const address = { socket_address: { address: "127.0.0.1", port_value: 0 } };
  const chain = { filters: [{ name: "http", typed_config: connections }] };
  return {
    node: { id: "test", cluster: "test" },
    static_resources: { clusters, listeners: [{ name: "in", address, filter_chains: [chain] }] },
  };
}

const isSick = async (envoy: Envoy, cluster: string, port: number): Promise<boolean> => {
  const { cluster_statuses: all } = await envoy.clusters();
  const hosts = all?.find(({ name }) => name === cluster)?.host_statuses;
  const host = hosts?.find(({ address }) => address.socket_address?.port_value === port);
  return host?.health_status["failed_active_health_check"] === true;
};

/** Answers 200; after `fail(n)` the next `n` get `status`, or nothing at all where that is 0. */
async function startPatient(status: number) {
  const seen = { bad: 0, good: 0 };
  let owed = 0;
  const server: Server = createServer((_request, response) => {
    seen[owed > 0 ? "bad" : "good"]++;
    if (owed === 0) response.end();
    else if (status !== 0) response.writeHead(status).end();
    owed = Math.max(0, owed - 1);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no TCP port");
  const fail = (n: number): void => {
    Object.assign(seen, { bad: 0, good: 0 });
    owed = n;
  };
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { status, port: address.port, seen, fail, close };
}

describe("three failed probes", () => {
  const statuses = [500, 503, 404, 302, 429, 201, 0];
  // Who is out stays out.
  const lasting = checkedBy({ timeoutMs: 500, healthyThreshold: 100 });
  let patients: readonly Awaited<ReturnType<typeof startPatient>>[] = [];
  let doomed: Child;
  let doomedPort = 0;
  let envoy: Envoy;

  beforeAll(async () => {
    patients = await Promise.all(statuses.map(startPatient));
    const script = `require("node:http").createServer((_, r) => r.end())
      .listen(0, "127.0.0.1", function () { console.log("port=" + this.address().port); })`;
    doomed = unwrap(await startChild({ command: process.execPath, args: ["-e", script] }));
    const line = unwrap(await doomed.waitForLine(/port=\d+/, 10_000));
    doomedPort = Number(line.split("=")[1]);
    const clusters = [
      ...patients.map(({ status, port }) => staticCluster(`web/s${status}`, lasting, [port])),
      staticCluster("web/killed", checkedBy({ intervalMs: 1_000 }), [doomedPort]),
    ];
    envoy = await startEnvoy({ bootstrap: bootstrapOf(clusters) });
    await envoy.ready();
  });
  afterAll(async () => {
    await envoy.stop();
    await doomed.kill();
    for (const patient of patients) patient.close();
  });

  it.concurrent.each(statuses)(
    "take an endpoint out, and two do not: status %i",
    async (status) => {
      const patient = patients.find((each) => each.status === status);
      if (patient === undefined) throw new Error("no such patient");
      patient.fail(2);
      await eventually(() => patient.seen.good >= 2, { what: "good probes after two bad ones" });
      expect(patient.seen.bad).toBe(2);
      expect(await isSick(envoy, `web/s${status}`, patient.port)).toBe(false);
      patient.fail(3);
      await eventually(() => isSick(envoy, `web/s${status}`, patient.port), {
        what: "the endpoint to be taken out",
      });
      expect(patient.seen.bad).toBe(3);
    },
  );

  it.concurrent("take an endpoint out that was killed", async () => {
    await doomed.kill();
    const taken = () => isSick(envoy, "web/killed", doomedPort);
    await eventually(taken, { what: "the endpoint to be taken out", timeoutMs: 15_000 });
    // The fourth probe is a second away.
    const stats = await envoy.stats("^cluster\\.web/killed\\.health_check\\.failure$");
    expect([...stats.values()]).toEqual([3]);
  });
});

describe("an aggregate", () => {
  let stable: Backend;
  let canaries: readonly Backend[] = [];
  let envoy: Envoy;
  let port = 0;

  beforeAll(async () => {
    stable = await startBackend({ version: "v1" });
    const instances = ["v2-a", "v2-b", "v2-c"];
    canaries = await Promise.all(
      instances.map((each) => startBackend({ version: "v2", instance: each })),
    );
    const clusters = [
      staticCluster("web/v1", checked, [stable.port]),
      staticCluster(
        "web/v2",
        checked,
        canaries.map((each) => each.port),
      ),
      json(aggregateResource("web/v2+v1", ["web/v2", "web/v1"], checked, [])),
    ];
    envoy = await startEnvoy({ bootstrap: bootstrapOf(clusters) });
    await envoy.ready();
    port = await envoy.listenerPort("in");
  });
  afterAll(async () => {
    await envoy.stop();
    await Promise.all([stable, ...canaries].map((each) => each.close()));
  });

  /** How many of 100 requests each version answers; others than 200 by their status. */
  const hundred = async (): Promise<Readonly<Record<string, number>>> => {
    const tally: Record<string, number> = {};
    for (let n = 0; n < 100; n++) {
      const { status, body } = await httpGet(`http://127.0.0.1:${port}/web/v2+v1`);
      const by = status === 200 ? (JSON.parse(body) as { version: string }).version : `${status}`;
      tally[by] = (tally[by] ?? 0) + 1;
    }
    return tally;
  };

  it("keeps to its subset until the last endpoint is sick, and fails no request then", async () => {
    expect(await hundred()).toEqual({ v2: 100 });
    for (const canary of canaries) {
      canary.setHealthy(false);
      await eventually(() => isSick(envoy, "web/v2", canary.port), { what: "a sick canary" });
      const isLast = canary === canaries.at(-1);
      expect(await hundred()).toEqual(isLast ? { v1: 100 } : { v2: 100 });
    }
    for (const canary of canaries) canary.setHealthy(true);
    await eventually(async () => (await hundred())["v2"] === 100, { what: "the canary again" });
  });
});
