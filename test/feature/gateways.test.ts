import { describe, expect, it } from "vitest";
import { limits } from "../../src/config/limits.ts";
import { CDS, EDS, LDS, namesOf, nodeOf, RDS } from "./client.ts";
import { type Content, gateway, type Lab, web, withLab } from "./support.ts";

const edge = (lab: Lab, id = "e") => lab.delta(id, "ADS", nodeOf(id, { cluster: "edge" }));
const inner = (lab: Lab, id = "i") =>
  lab.delta(id, "ADS", nodeOf(id, { cluster: "inner", metadata: { fields: stage("beta") } }));
const stage = (stringValue: string) => ({ stage: { stringValue } });

const two: Content = {
  ...web,
  "gateways/edge": gateway(80, { cluster: "edge" }),
  "gateways/inner": gateway(81, { cluster: "inner" }),
};

describe("gateways", () => {
  it("two nodes see different listeners, and share the clusters", () =>
    withLab(two, async (lab) => {
      const [a, b] = [edge(lab), inner(lab)];
      expect(namesOf(await a.fetch(LDS))).toEqual(["edge/http"]);
      expect(namesOf(await b.fetch(LDS))).toEqual(["inner/http"]);
      expect(await a.fetch(RDS, ["inner/http"])).toMatchObject({
        removed_resources: ["inner/http"],
      });
      const [fromA, fromB] = [await a.fetch(CDS), await b.fetch(CDS)];
      expect(fromA.resources).toEqual(fromB.resources);
      const other = lab.delta("other");
      expect(namesOf(await other.fetch(LDS))).toEqual(["default/http"]);
    }));

  it("are selected by metadata as well", () =>
    withLab(
      { ...web, "gateways/beta": gateway(80, { metadata: { stage: "beta" } }) },
      async (lab) => {
        expect(namesOf(await inner(lab).fetch(LDS))).toEqual(["beta/http"]);
        expect(namesOf(await edge(lab).fetch(LDS))).toEqual(["default/http"]);
      },
    ));

  it("a change of a selector moves a connected stream, and sends the differences only", () =>
    withLab(two, async (lab) => {
      const client = edge(lab);
      await client.fetch(CDS);
      await client.fetch(EDS, ["web/v1"]);
      await client.fetch(LDS);
      await client.fetch(RDS, ["edge/http"]);
      const bystander = inner(lab);
      await bystander.fetch(LDS);
      await bystander.quiet();
      await client.quiet();
      await lab.put({
        "gateways/edge": gateway(80, { cluster: "elsewhere" }),
        "gateways/new": gateway(82, { cluster: "edge" }),
      });
      const listeners = await client.accept(LDS);
      expect(namesOf(listeners)).toEqual(["new/http"]);
      expect(listeners.removed_resources).toEqual(["edge/http"]);
      expect((await client.accept(RDS)).removed_resources).toEqual(["edge/http"]);
      client.subscribe(RDS, ["new/http"]);
      expect(namesOf(await client.accept(RDS))).toEqual(["new/http"]);
      await client.quiet();
      await bystander.quiet();
      // The stream follows its new view from now on.
      await lab.put({ "weights/web": { v1: 1, v2: 1 } });
      expect(namesOf(await client.accept(RDS))).toEqual(["new/http"]);
      await client.quiet();
    }));

  it("a gateway that goes leaves its streams to the built-in one", () =>
    withLab(two, async (lab) => {
      const client = edge(lab);
      await client.fetch(CDS);
      await client.fetch(LDS);
      await client.fetch(RDS, ["edge/http", "default/http"]);
      await client.quiet();
      await lab.put({ "gateways/edge": undefined });
      const [listeners, routes] = [await client.accept(LDS), await client.accept(RDS)];
      expect(namesOf(listeners)).toEqual(["default/http"]);
      expect(listeners.removed_resources).toEqual(["edge/http"]);
      expect(namesOf(routes)).toEqual(["default/http"]);
      expect(routes.removed_resources).toEqual(["edge/http"]);
      await client.quiet();
      expect(lab.app.views().map(({ key }) => key)).toContain("all:default");
    }));

  it("do not leave more views behind than may be, whatever nodes say", async () => {
    const count = 8;
    const gateways = Object.fromEntries(
      Array.from({ length: count }, (_, n) => [
        `gateways/g${n}`,
        gateway(8000 + n, { metadata: { [`m${n}`]: "1" } }),
      ]),
    );
    await withLab({ ...web, ...gateways }, async (lab) => {
      const first = lab.delta("first");
      const before = namesOf(await first.fetch(LDS));
      const connection = lab.connect();
      for (let bits = 1; bits < limits.pipeline.idleViews * 2; bits++) {
        const fields = Object.fromEntries(
          Array.from({ length: count }, (_, n) => [`m${n}`, { stringValue: `${(bits >> n) & 1}` }]),
        );
        const client = connection.delta("n", "ADS", nodeOf("n", { metadata: { fields } }));
        expect(namesOf(await client.fetch(LDS))).not.toEqual(before);
        client.end();
        await client.ended();
      }
      expect(lab.app.views().length).toBeLessThanOrEqual(limits.pipeline.idleViews + 1);
      // The view that is in use is the oldest, and still follows.
      await lab.put({ "gateways/all": gateway(9000) });
      expect(namesOf(await first.accept(LDS))).toEqual(["all/http"]);
    });
  });

  it("a change of a selector back and forth ends where it began", () =>
    withLab(two, async (lab) => {
      const client = edge(lab);
      const before = await client.fetch(LDS);
      await client.quiet();
      for (let n = 0; n < 5; n++) {
        await lab.put({ "gateways/edge": gateway(80, { cluster: "elsewhere" }) });
        const moved = await client.accept(LDS);
        expect(namesOf(moved)).toEqual(["default/http"]);
        expect(moved.removed_resources).toEqual(["edge/http"]);
        await lab.put({ "gateways/edge": gateway(80, { cluster: "edge" }) });
        expect((await client.accept(LDS)).resources).toEqual(before.resources);
        await client.quiet();
      }
    }));
});

describe("two gateways that select the same node", () => {
  const clashing: Content = {
    ...web,
    "gateways/a": gateway(80),
    "gateways/b": {
      listeners: [
        { name: "http", port: 80 },
        { name: "more", port: 81 },
      ],
    },
    "resources/a/clusters/x": { type: "STATIC", alt_stat_name: "from a" },
    "resources/b/clusters/x": { type: "STATIC", alt_stat_name: "from b" },
    "resources/b/clusters/y": { type: "STATIC" },
  };

  it("the first by name has the socket and the name; the clash is told", () =>
    withLab(clashing, async (lab) => {
      expect(lab.app.diagnostics()).toEqual([]);
      const client = lab.delta("n");
      expect(namesOf(await client.fetch(LDS)).toSorted()).toEqual(["a/http", "b/more"]);
      const routes = await client.fetch(RDS, ["a/http", "b/http", "b/more"]);
      expect(namesOf(routes).toSorted()).toEqual(["a/http", "b/more"]);
      const clusters = await client.fetch(CDS);
      expect(namesOf(clusters).toSorted()).toEqual(["web/v1", "web/v2", "x", "y"]);
      expect(JSON.stringify(clusters)).toContain("from a");
      expect(JSON.stringify(clusters)).not.toContain("from b");
      await client.quiet();
      expect(lab.app.diagnostics()).toMatchObject([
        {
          severity: "error",
          code: "LISTENER_CLASH",
          key: "gateways/b",
          message: expect.stringContaining("0.0.0.0:80 clashes with gateway a"),
        },
        { severity: "error", code: "NAME_CLASH", key: "resources/b/clusters/x" },
      ]);
    }));

  it("what the first one gives up, the other gets, and back", () =>
    withLab(clashing, async (lab) => {
      const client = lab.delta("n");
      await client.fetch(CDS);
      await client.fetch(LDS);
      await client.quiet();

      await lab.put({ "resources/a/clusters/x": undefined });
      expect(JSON.stringify(await client.accept(CDS))).toContain("from b");
      await client.quiet();
      await lab.put({ "resources/a/clusters/x": clashing["resources/a/clusters/x"] });
      expect(JSON.stringify(await client.accept(CDS))).toContain("from a");
      await client.quiet();
      // The loser changes and goes: nobody notices.
      await lab.put({
        "resources/b/clusters/x": { type: "STATIC", alt_stat_name: "from b again" },
      });
      await client.quiet();
      await lab.put({ "resources/b/clusters/x": undefined });
      await client.quiet();

      await lab.put({ "gateways/a": gateway(8080) });
      const listeners = await client.accept(LDS);
      expect(namesOf(listeners).toSorted()).toEqual(["a/http", "b/http"]);
      await client.quiet();
      expect(lab.app.diagnostics()).toEqual([]);
    }));

  it("a change elsewhere keeps what the composition made", () =>
    withLab(clashing, async (lab) => {
      const client = lab.delta("n");
      await client.fetch(LDS);
      await client.fetch(CDS);
      await client.fetch(RDS, ["b/more"]);
      await client.quiet();
      await lab.put({ "weights/web": { v1: 1, v2: 1 } });
      expect(namesOf(await client.accept(RDS))).toEqual(["b/more"]);
      await client.quiet();
    }));
});
