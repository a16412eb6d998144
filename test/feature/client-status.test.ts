/** Client status (CSDS) of a whole server, by the official protos. */
import { describe, expect, it } from "vitest";
import { limits } from "../../src/config/limits.ts";
import { typeUrls } from "../../src/snapshot/type-url.ts";
import { reasons } from "../../src/xds/end-reason.ts";
import { selfSigned } from "../support/certificates.ts";
import { configOf, StatusClient, type StatusResponse, wordsOf } from "../support/status-client.ts";
import { eventually } from "../support/wait.ts";
import { CDS, EDS, LDS, nodeOf, RDS } from "./client.ts";
import { type Content, gateway, type Lab, web, withLab } from "./support.ts";

function withStatus(
  content: Content,
  story: (lab: Lab, status: StatusClient) => Promise<void>,
): Promise<void> {
  return withLab(content, async (lab) => {
    const client = new StatusClient(lab.port);
    try {
      await story(lab, client);
    } finally {
      client.close();
    }
  });
}

const routes = ["default/http"];
const route = "RouteConfiguration default/http";
const idsOf = ({ config = [] }: StatusResponse) => config.map(({ node }) => node.id).sort();

describe.each(["sotw", "delta"] as const)("client status of a proxy in %s", (variant) => {
  const open = (lab: Lab, id = "edge-1") => (variant === "sotw" ? lab.sotw(id) : lab.delta(id));

  it("follows what it is sent and accepts", () =>
    withStatus(web, async (lab, status) => {
      const proxy = open(lab);
      await proxy.fetch(CDS);
      const routed = await proxy.fetch(RDS, routes);
      await proxy.quiet();
      const now = await status.fetch();
      expect(wordsOf(now)).toEqual({
        "Cluster web/v1": "SYNCED ACKED",
        "Cluster web/v2": "SYNCED ACKED",
        [route]: "SYNCED ACKED",
      });
      const [resource] = routed.resources ?? [];
      const [plain, version] =
        "version_info" in routed
          ? [resource, routed.version_info]
          : [resource?.["resource"], resource?.["version"]];
      const shown = configOf(now, RDS, "default/http");
      expect(shown).toMatchObject({ version_info: version, xds_config: plain });
      expect(Number(shown?.last_updated?.seconds)).toBeGreaterThanOrEqual(0);
      expect(shown).not.toHaveProperty("error_state");
      expect(now.config?.[0]?.node).toEqual({
        id: "edge-1",
        cluster: "test",
        user_agent_name: "test",
      });
    }));

  it("tells what waits for an answer, and what was rejected and why", () =>
    withStatus(web, async (lab, status) => {
      const proxy = open(lab);
      await proxy.fetch(RDS, routes);
      await lab.put({ "weights/web": { v1: 80, v2: 20 } });
      const bad = await proxy.response(RDS);
      expect(wordsOf(await status.fetch())).toEqual({ [route]: "STALE ACKED" });
      proxy.nack(bad as never, "no such thing as 80 %");
      await proxy.quiet();
      const rejected = configOf(await status.fetch(), RDS, "default/http");
      const version = "version_info" in bad ? bad.version_info : bad.system_version_info;
      expect(rejected).toMatchObject({
        config_status: "ERROR",
        client_status: "NACKED",
        error_state: { details: "no such thing as 80 %", version_info: version },
      });
      expect(JSON.stringify(rejected?.xds_config)).toContain("8000");
      await lab.put({ "weights/web": { v1: 70, v2: 30 } });
      await proxy.accept(RDS);
      await proxy.quiet();
      const mended = await status.fetch();
      expect(wordsOf(mended)).toEqual({ [route]: "SYNCED ACKED" });
      expect(configOf(mended, RDS, "default/http")).not.toHaveProperty("error_state");
    }));

  it("tells what was never sent, and what is not there", () =>
    withStatus(web, async (lab, status) => {
      const proxy = open(lab);
      if ("subscribe" in proxy) proxy.subscribe(CDS);
      else proxy.request(CDS);
      await proxy.response(CDS);
      // The next one waits for the answer of the one before.
      await lab.put({ "endpoints/web/c": { address: "10.0.0.3:8080", version: "v3" } });
      const asked = ["web/v1", "nowhere"];
      if ("subscribe" in proxy) proxy.subscribe(EDS, asked);
      else proxy.request(EDS, asked);
      await proxy.accept(EDS);
      await eventually(
        async () => configOf(await status.fetch(), EDS, "web/v1")?.config_status === "SYNCED",
        { what: "the ACK" },
      );
      expect(wordsOf(await status.fetch())).toEqual({
        "Cluster web/v1": "STALE REQUESTED",
        "Cluster web/v2": "STALE REQUESTED",
        "Cluster web/v3": "NOT_SENT REQUESTED",
        "ClusterLoadAssignment web/v1": "SYNCED ACKED",
        "ClusterLoadAssignment nowhere": "NOT_SENT DOES_NOT_EXIST",
      });
      expect(configOf(await status.fetch(), CDS, "web/v3")).not.toHaveProperty("xds_config");
    }));
});

describe("client status", () => {
  it("of nobody is empty, and so is that of a proxy which has not said who it is", () =>
    withStatus(web, async (lab, status) => {
      expect(await status.fetch()).toEqual({});
      lab.sotw("edge-1");
      expect(await status.fetch()).toEqual({});
    }));

  it("is of those that the matchers mean: any of them", () =>
    withStatus(web, async (lab, status) => {
      const tier = (text: string) => ({ metadata: { fields: { tier: { stringValue: text } } } });
      for (const [id, more] of [
        ["edge-1", tier("gold")],
        ["edge-2", {}],
        ["inner-1", tier("tin")],
      ] as const) {
        await lab.sotw(id, "ADS", nodeOf(id, more)).fetch(CDS);
      }
      const ids = async (...node_matchers: readonly object[]) =>
        idsOf(await status.fetch({ node_matchers }));
      expect(await ids()).toEqual(["edge-1", "edge-2", "inner-1"]);
      expect(await ids({ node_id: { exact: "edge-1" } })).toEqual(["edge-1"]);
      expect(await ids({ node_id: { exact: "nobody" } })).toEqual([]);
      expect(await ids({ node_id: { suffix: "-1" } })).toEqual(["edge-1", "inner-1"]);
      expect(await ids({ node_id: { safe_regex: { regex: "e.*2" } } })).toEqual(["edge-2"]);
      const either = [{ node_id: { exact: "edge-2" } }, { node_id: { prefix: "inner" } }];
      expect(await ids(...either)).toEqual(["edge-2", "inner-1"]);
      const gold = { path: [{ key: "tier" }], value: { string_match: { exact: "gold" } } };
      expect(await ids({ node_metadatas: [gold] })).toEqual(["edge-1"]);
    }));

  it("is one for each connection: streams of one client are together, and two of one id are not", () =>
    withStatus(web, async (lab, status) => {
      const connection = lab.connect();
      await connection.sotw("edge-1", "CDS").fetch(CDS);
      await connection.delta("edge-1", "RDS").fetch(RDS, routes);
      await lab.sotw("edge-1").fetch(LDS);
      const { config = [] } = await status.fetch();
      const types = config.map(({ generic_xds_configs: all = [] }) =>
        [...new Set(all.map(({ type_url }) => type_url))].sort(),
      );
      expect(types).toEqual([[CDS, RDS], [LDS]]);
      expect(idsOf({ config })).toEqual(["edge-1", "edge-1"]);
    }));

  it("leaves contents out where they are not wanted, and answers each request of a stream", () =>
    withStatus(web, async (lab, status) => {
      const proxy = lab.delta("edge-1");
      await proxy.fetch(CDS);
      await proxy.quiet();
      const bare = await status.next({ exclude_resource_contents: true });
      const full = await status.next();
      expect(wordsOf(bare)).toEqual(wordsOf(full));
      expect(configOf(full, CDS, "web/v1")?.xds_config).toMatchObject({ name: "web/v1" });
      expect(configOf(bare, CDS, "web/v1")).not.toHaveProperty("xds_config");
      await lab.put({ "services/web": { timeouts: { connect: "2s" } } });
      await proxy.response(CDS);
      expect(Object.values(wordsOf(await status.next()))).toEqual(["STALE ACKED", "STALE ACKED"]);
    }));

  it("has no key in it, of a Secret nor inside of another resource", () => {
    const { certificate, privateKey } = selfSigned("edge");
    const [, key = ""] = privateKey.split("\n");
    const secret = "secret/edge";
    const keyed = {
      name: "keyed",
      type: "STATIC",
      transport_socket: {
        name: "tls",
        typed_config: {
          "@type":
            "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
          sni: "inner.example",
          common_tls_context: {
            tls_certificates: [{ private_key: { inline_string: privateKey } }],
          },
        },
      },
    };
    const content = {
      "secrets/edge": { certificate, privateKey },
      "gateways/edge": gateway(
        443,
        {},
        { protocol: "HTTPS", tls: { certificateRefs: [{ name: "edge" }] } },
      ),
      "resources/edge/clusters/keyed": keyed,
    };
    return withStatus(content, async (lab, status) => {
      const proxy = lab.sotw("edge-1");
      expect(JSON.stringify(await proxy.fetch(CDS))).toContain(key);
      const sent = await proxy.fetch(typeUrls.secret, [secret]);
      expect(JSON.stringify(sent)).toContain(key);
      await proxy.quiet();
      const answer = await status.fetch();
      expect(JSON.stringify(answer)).not.toContain(key);
      expect(configOf(answer, CDS, "keyed")?.xds_config).toMatchObject({
        transport_socket: { typed_config: { sni: "inner.example" } },
      });
      const ofSecret = configOf(answer, typeUrls.secret, secret);
      expect(ofSecret).toMatchObject({ config_status: "SYNCED", client_status: "ACKED" });
      expect(ofSecret).not.toHaveProperty("xds_config");
      const again = selfSigned("edge-again");
      const { certificate: other, privateKey: otherKey } = again;
      await lab.put({ "secrets/edge": { certificate: other, privateKey: otherKey } });
      proxy.nack(await proxy.response(typeUrls.secret), `I refuse ${otherKey}`);
      await proxy.quiet();
      const rejected = configOf(await status.fetch(), typeUrls.secret, secret);
      expect(rejected).toMatchObject({ config_status: "ERROR", client_status: "NACKED" });
      expect(rejected?.error_state?.details).toBe("left out: it may repeat the secret");
    });
  });

  it("of more than an answer may hold is refused, and not cut", () => {
    const { nameBytes, statusBytes } = limits.xds;
    const count = Math.ceil(statusBytes / nameBytes) + 1;
    const names = Array.from({ length: count }, (_, index) => String(index).padEnd(nameBytes, "x"));
    return withStatus(web, async (lab, status) => {
      const big = lab.delta("big");
      // In two requests, of which none is too large.
      big.subscribe(EDS, names.slice(0, count / 2));
      big.subscribe(EDS, names.slice(count / 2));
      await big.response(EDS);
      await lab.sotw("small").fetch(CDS);
      await expect(status.fetch()).rejects.toThrow(
        `RESOURCE_EXHAUSTED: ${reasons.tooMuchStatus.message}`,
      );
      const node_matchers = [{ node_id: { exact: "small" } }];
      expect(idsOf(await status.fetch({ node_matchers }))).toEqual(["small"]);
    });
  });
});
