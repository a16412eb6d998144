import { describe, expect, it } from "vitest";
import { limits } from "../../src/config/limits.ts";
import { typeUrls } from "../../src/snapshot/type-url.ts";
import { CDS, EDS, LDS, namesOf, nodeOf, RDS } from "./client.ts";
import { type Content, gateway, type Lab, web, withLab } from "./support.ts";

const SDS = typeUrls.secret;
const { retireGraceMs, sweepIntervalMs } = limits.xds;

const envoy = (lab: Lab, cluster: string) =>
  lab.delta(cluster, "ADS", nodeOf(cluster, { cluster, user_agent_name: "envoy" }));

/** Gateway `a` serves what its route names, `b` another service at its own name. */
const content: Content = {
  ...web,
  "endpoints/shop/a": { address: "10.1.0.1:80", version: "v1" },
  "endpoints/stock/a": { address: "10.2.0.1:80", version: "v1" },
  "gateways/a": gateway(80, { cluster: "a" }, { services: "None" }),
  "gateways/b": gateway(81, { cluster: "b" }, { services: ["stock"] }),
  "routes/shop": { parentRefs: [{ name: "a" }], rules: [{ backendRefs: [{ name: "shop" }] }] },
};

describe("an Envoy", () => {
  it("gets what its gateways name, and nothing of another gateway", () =>
    withLab(content, async (lab) => {
      const [a, b] = [envoy(lab, "a"), envoy(lab, "b")];
      expect(namesOf(await a.fetch(CDS))).toEqual(["shop/v1"]);
      expect(namesOf(await b.fetch(CDS))).toEqual(["stock/v1"]);
      expect(namesOf(await a.fetch(LDS))).toEqual(["a/http"]);
      expect(await b.fetch(EDS, ["shop/v1"])).toMatchObject({ removed_resources: ["shop/v1"] });
      expect(lab.app.views().map(({ key }) => key)).toEqual(["a", "b"]);
    }));

  it("is not woken by what it does not need", () =>
    withLab(content, async (lab) => {
      const a = envoy(lab, "a");
      for (const typeUrl of [CDS, LDS]) await a.fetch(typeUrl);
      await a.fetch(EDS, ["shop/v1"]);
      await a.fetch(RDS, ["a/http"]);
      await a.quiet();
      await lab.put({ "weights/web": { v1: 1, v2: 1 } });
      await lab.put({ "endpoints/new/a": { address: "10.3.0.1:80", version: "v1" } });
      await lab.put({ "endpoints/stock/a": { address: "10.2.0.2:80", version: "v1" } });
      await a.quiet();
      await lab.put({ "endpoints/shop/a": { address: "10.1.0.2:80", version: "v1" } });
      expect(namesOf(await a.accept(EDS))).toEqual(["shop/v1"]);
    }));

  it("gets a cluster before the route that names it, and loses it after", () =>
    withLab(content, async (lab) => {
      const a = envoy(lab, "a");
      await a.fetch(CDS);
      await a.fetch(EDS, ["shop/v1", "stock/v1"]);
      await a.fetch(LDS);
      await a.fetch(RDS, ["a/http"]);
      await a.quiet();
      await lab.put({
        "routes/shop": {
          parentRefs: [{ name: "a" }],
          rules: [{ backendRefs: [{ name: "stock" }] }],
        },
      });
      expect(namesOf(await a.accept(CDS))).toEqual(["stock/v1"]);
      expect(namesOf(await a.accept(EDS))).toEqual(["stock/v1"]);
      expect(JSON.stringify(await a.accept(RDS))).toContain("stock/v1");
      await a.quiet();
      lab.clock.advance(sweepIntervalMs);
      await a.quiet();
      lab.clock.advance(retireGraceMs + sweepIntervalMs);
      expect((await a.accept(CDS)).removed_resources).toEqual(["shop/v1"]);
    }));

  it("keeps raw clusters, and what they need", () =>
    withLab(
      {
        ...content,
        "resources/*/clusters/all": { type: "EDS", eds_cluster_config: eds("web/v2") },
        "resources/a/clusters/own": { type: "STATIC" },
      },
      async (lab) => {
        const [a, b] = [envoy(lab, "a"), envoy(lab, "b")];
        expect(namesOf(await a.fetch(CDS)).toSorted()).toEqual(["all", "own", "shop/v1"]);
        expect(namesOf(await b.fetch(CDS)).toSorted()).toEqual(["all", "stock/v1"]);
        expect(namesOf(await b.fetch(EDS, ["web/v2", "web/v1"]))).toEqual(["web/v2"]);
      },
    ));

  it("gets the secrets that its listeners and clusters name, and no other", () =>
    withLab(
      {
        ...content,
        "secrets/front": { files: { certificate: "/front.pem", privateKey: "/front.key" } },
        "secrets/upstream": { files: { ca: "/ca.pem" } },
        "secrets/unused": { files: { ca: "/other.pem" } },
        "services/shop": { tls: { ca: "upstream" } },
        "gateways/b": gateway(
          443,
          { cluster: "b" },
          {
            services: ["stock"],
            protocol: "HTTPS",
            tls: { certificateRefs: [{ name: "front" }] },
          },
        ),
      },
      async (lab) => {
        const all = ["secret/front", "secret/upstream/ca", "secret/unused/ca"];
        const [a, b] = [envoy(lab, "a"), envoy(lab, "b")];
        for (const client of [a, b]) {
          await client.fetch(CDS);
          await client.fetch(LDS);
        }
        // Each secret, there or not, has a response of its own.
        for (const [client, own] of [
          [a, "secret/upstream/ca"],
          [b, "secret/front"],
        ] as const) {
          const answers = [await client.fetch(SDS, all)];
          while (answers.length < all.length) answers.push(await client.accept(SDS));
          expect(answers.flatMap(namesOf)).toEqual([own]);
        }
        await lab.put({
          "secrets/front": { files: { certificate: "/new.pem", privateKey: "/new.key" } },
        });
        expect(namesOf(await b.accept(SDS))).toEqual(["secret/front"]);
        await a.quiet();
        await b.quiet();
      },
    ));

  it("differs from a gRPC client, which asks for any service by its name", () =>
    withLab(content, async (lab) => {
      const grpc = lab.delta("g", "ADS", nodeOf("g", { cluster: "a", user_agent_name: "gRPC Go" }));
      expect(namesOf(await grpc.fetch(LDS, ["web"]))).toEqual(["web"]);
      const clusters = ["web/v1", "web/v2"];
      expect(namesOf(await grpc.fetch(CDS, clusters)).toSorted()).toEqual(clusters);
      const [a] = [envoy(lab, "a")];
      expect(await a.fetch(LDS, ["web"])).toMatchObject({ removed_resources: ["web"] });
    }));
});

const eds = (service_name: string): object => ({
  service_name,
  eds_config: { ads: {}, resource_api_version: "V3" },
});
