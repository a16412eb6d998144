/** Load reports through a whole server: said by the official protos, and what is made of them. */
import { describe, expect, it } from "vitest";
import { reasons } from "../../src/xds/end-reason.ts";
import { eventually } from "../support/wait.ts";
import { CDS, EDS, nodeOf } from "./client.ts";
import { LoadClient } from "./load-client.ts";
import { type Content, type Lab, web, withLab } from "./support.ts";

const address = (host: string) => ({ socket_address: { address: host, port_value: 8080 } });

const counts = (ok: number, errors: number, inProgress = 0) => ({
  total_successful_requests: ok,
  total_error_requests: errors,
  total_requests_in_progress: inProgress,
});

/** All requests of a cluster at one endpoint. */
const stats = (cluster_name: string, host: string, of: ReturnType<typeof counts>) => ({
  cluster_name,
  upstream_locality_stats: [
    { ...of, upstream_endpoint_stats: [{ address: address(host), ...of }] },
  ],
  load_report_interval: { seconds: 2 },
});

/** With clients that are closed whatever happens. */
function withClients(
  content: Content,
  story: (lab: Lab, connect: () => LoadClient) => Promise<void>,
): Promise<void> {
  return withLab(content, async (lab) => {
    const clients: LoadClient[] = [];
    const connect = (): LoadClient => {
      const client = new LoadClient(lab.port);
      clients.push(client);
      return client;
    };
    try {
      await story(lab, connect);
    } finally {
      for (const client of clients) client.close();
    }
  });
}

const tallied = (lab: Lab, cluster: string) => {
  const { tally, nowMs } = lab.app.load();
  return tally.cluster(cluster, nowMs);
};

const reportersAre = (lab: Lab, reporters: readonly string[]) =>
  eventually(
    () => {
      const { tally, nowMs } = lab.app.load();
      const there = tally.reporters(nowMs).map(({ reporter }) => reporter);
      expect(there.toSorted()).toEqual(reporters);
      return true;
    },
    { what: `reports of ${reporters.join(" and ") || "nobody"}` },
  );

describe("load reports", () => {
  it("add up over proxies, by subset and by endpoint, and stay when a proxy goes", () =>
    withClients(web, async (lab, connect) => {
      const [a, b] = [connect(), connect()];
      expect(await a.introduce("edge-1")).toEqual({
        send_all_clusters: true,
        report_endpoint_granularity: true,
        load_reporting_interval: { seconds: "2" },
      });
      await b.introduce("edge-2");
      a.send({ cluster_stats: [stats("web/v1", "10.0.0.1", counts(90, 1, 4))] });
      a.send({ cluster_stats: [stats("web/v1", "10.0.0.1", counts(9, 0, 2))] });
      b.send({
        cluster_stats: [
          stats("web/v1", "10.0.0.1", counts(1, 1, 1)),
          stats("web/v2", "10.0.0.2", counts(0, 7)),
          // Not a cluster of serin's: an Envoy has more than that.
          stats("serin", "127.0.0.1", counts(3, 0)),
        ],
      });
      await reportersAre(lab, ["edge-1", "edge-2"]);
      await eventually(() => tallied(lab, "web/v1")?.ok === 100, { what: "all reports" });
      const sum = { ok: 100, errors: 2, inProgress: 3 };
      expect(tallied(lab, "web/v1")).toMatchObject({
        ...sum,
        reporters: 2,
        endpoints: [{ address: "10.0.0.1:8080", ...sum }],
      });
      expect(tallied(lab, "web/v2")).toMatchObject({ ok: 0, errors: 7, reporters: 1 });
      expect(tallied(lab, "serin")).toMatchObject({ ok: 3 });
      a.close();
      await reportersAre(lab, ["edge-2"]);
      expect(tallied(lab, "web/v1")).toMatchObject({ ok: 100, inProgress: 1, reporters: 1 });
    }));

  it("of clusters that gRPC clients have instead are of the same subset", () =>
    withClients(web, async (lab, connect) => {
      const client = connect();
      await client.introduce("client-1");
      const inPlace = {
        ...stats("web/v2/grpc", "10.0.0.2", counts(5, 1)),
        cluster_service_name: "web/v2",
      };
      const sticky = {
        cluster_name: "web/0/sticky",
        upstream_locality_stats: ["v1", "v2"].map((sub_zone) => ({
          locality: { zone: "web", sub_zone },
          ...counts(10, 2),
        })),
      };
      client.send({ cluster_stats: [inPlace, sticky] });
      await reportersAre(lab, ["client-1"]);
      expect(tallied(lab, "web/v1")).toMatchObject({ ok: 10, errors: 2 });
      expect(tallied(lab, "web/v2")).toMatchObject({ ok: 15, errors: 3 });
      expect(lab.app.load().tally.clusters(0)).toHaveLength(2);
    }));

  it("that say nothing show that somebody is there", () =>
    withClients(web, async (lab, connect) => {
      const client = connect();
      await client.introduce("edge-1");
      await reportersAre(lab, []);
      client.send({ cluster_stats: [{ cluster_name: "web/v1" }] });
      await reportersAre(lab, ["edge-1"]);
      expect(lab.app.load().tally.clusters(0)).toEqual([]);
    }));

  it("are refused of a client that would report of no cluster", () =>
    withClients(web, async (lab, connect) => {
      const client = connect();
      client.send({ node: { id: "old" } });
      expect(await client.ended()).toEqual(["UNIMPLEMENTED", reasons.noAllClusters.message]);
      await reportersAre(lab, []);
    }));

  it("end when the server drains", () =>
    withClients(web, async (lab, connect) => {
      const client = connect();
      await client.introduce("edge-1");
      const drained = lab.drain();
      lab.clock.advance(0);
      expect(await client.ended()).toEqual(["UNAVAILABLE", reasons.draining.message]);
      await drained;
    }));
});

describe("who is told where load reports go", () => {
  const asked = { lrs_server: { self: {} } };
  const envoy = nodeOf("edge-1", { user_agent_name: "envoy" });

  it("a gRPC client, in each cluster with endpoints, and no Envoy", () =>
    withLab(web, async (lab) => {
      const ofGrpc = await lab.sotw("client-1").fetch(CDS, ["web/v1", "web/v2"]);
      expect(ofGrpc.resources).toMatchObject([asked, asked]);
      const ofEnvoy = await lab.sotw("edge-1", "ADS", envoy).fetch(CDS);
      expect(ofEnvoy.resources).toHaveLength(2);
      for (const cluster of ofEnvoy.resources ?? []) {
        expect(cluster).not.toHaveProperty("lrs_server");
      }
      const [one] = ofGrpc.resources ?? [];
      expect({ ...one, lrs_server: undefined }).toEqual({
        ...ofEnvoy.resources?.[0],
        lrs_server: undefined,
      });
    }));

  it("and is sent no cluster again for an endpoint that changed", () =>
    withLab(web, async (lab) => {
      const client = lab.sotw("client-1");
      await client.fetch(CDS, ["web/v1", "web/v2"]);
      await client.fetch(EDS, ["web/v1", "web/v2"]);
      await lab.put({ "endpoints/web/a": { address: "10.0.0.9:8080", version: "v1" } });
      await client.accept(EDS);
      await client.quiet();
    }));

  const raw = {
    type: "EDS",
    eds_cluster_config: { eds_config: { ads: {} }, service_name: "web/v1" },
  };

  it("not in clusters that users wrote themselves", () =>
    withLab({ ...web, "resources/*/clusters/raw": raw }, async (lab) => {
      const response = await lab.sotw("client-1").fetch(CDS, ["raw", "web/v1"]);
      const named = (name: string) => response.resources?.find((each) => each["name"] === name);
      expect(named("web/v1")).toMatchObject(asked);
      expect(named("raw")).not.toHaveProperty("lrs_server");
    }));
});
