import { describe, expect, it } from "vitest";
import { limits } from "../../src/config/limits.ts";
import { CDS, EDS, LDS, namesOf, RDS } from "./client.ts";
import { type Content, type Lab, withLab } from "./support.ts";

const cluster = (name: string, timeout = "1s"): object => ({
  type: "cds",
  resource: {
    name,
    type: "EDS",
    connect_timeout: timeout,
    eds_cluster_config: { eds_config: { ads: {} } },
  },
});
const assignment = (name: string, port = 80): object => ({
  type: "eds",
  resource: {
    cluster_name: name,
    endpoints: [{ lb_endpoints: [{ endpoint: { address: socket("127.0.0.1", port) } }] }],
  },
});
const route = (name: string, to: string): object => ({
  type: "rds",
  resource: {
    name,
    virtual_hosts: [
      { name: "all", domains: ["*"], routes: [{ match: { prefix: "/" }, route: { cluster: to } }] },
    ],
  },
});
const socket = (address: string, port_value: number): object => ({
  socket_address: { address, port_value },
});
const listener = (name: string, port: number): object => ({
  type: "lds",
  resource: { name, address: socket("127.0.0.1", port) },
});

const versions = { cds: "v7", eds: "v7", rds: "r1", lds: "l1" };
const own = (...resources: readonly object[]): object => ({ versions, resources });

/** What every other node gets. */
const common: Content = {
  "resources/*/clusters/common": { type: "STATIC", connect_timeout: "1s" },
};
const mine: Content = {
  ...common,
  "snapshots/n1": own(cluster("a"), assignment("a"), route("r", "a"), listener("l", 8001)),
};

const keysOf = (lab: Lab): readonly string[] => lab.app.views().map(({ key }) => key);

describe("a node with a snapshot of its own", () => {
  it("gets exactly that, under the user's versions, in the state of the world", () =>
    withLab(mine, async (lab) => {
      const n1 = lab.sotw("n1");
      const clusters = await n1.fetch(CDS);
      expect([namesOf(clusters), clusters.version_info]).toEqual([["a"], "v7"]);
      const assignments = await n1.fetch(EDS, ["a"]);
      expect([namesOf(assignments), assignments.version_info]).toEqual([["a"], "v7"]);
      const listeners = await n1.fetch(LDS);
      expect([namesOf(listeners), listeners.version_info]).toEqual([["l"], "l1"]);
      const routes = await n1.fetch(RDS, ["r"]);
      expect([namesOf(routes), routes.version_info]).toEqual([["r"], "r1"]);
      await n1.quiet();
      const other = lab.sotw("n2");
      expect(namesOf(await other.fetch(CDS))).toEqual(["common"]);
      expect(namesOf(await other.fetch(LDS))).toEqual(["default/http"]);
      expect(keysOf(lab)).toEqual(expect.arrayContaining(["node:n1", "all:default"]));
    }));

  it("and so in delta", () =>
    withLab(mine, async (lab) => {
      const n1 = lab.delta("n1");
      const clusters = await n1.fetch(CDS);
      expect(clusters).toMatchObject({
        system_version_info: "v7",
        resources: [{ name: "a", version: "v7" }],
      });
      expect(await n1.fetch(LDS)).toMatchObject({ resources: [{ name: "l", version: "l1" }] });
      await n1.quiet();
    }));

  it("is sent a change of the content under the same version, and one of the version alone", () =>
    withLab(mine, async (lab) => {
      const [full, part] = [lab.sotw("n1"), lab.delta("n1")];
      await full.fetch(CDS);
      await part.fetch(CDS);
      await lab.put({ "snapshots/n1": own(cluster("a", "2s")) });
      const [inFull, inPart] = [await full.accept(CDS), await part.accept(CDS)];
      expect(inFull).toMatchObject({
        version_info: "v7",
        resources: [{ connect_timeout: { seconds: "2" } }],
      });
      expect(inPart).toMatchObject({ resources: [{ version: "v7" }] });
      const renamed = { resources: [cluster("a", "2s")], versions: { cds: "v8" } };
      await lab.put({ "snapshots/n1": renamed });
      expect((await full.accept(CDS)).version_info).toBe("v8");
      expect(await part.accept(CDS)).toMatchObject({ resources: [{ version: "v8" }] });
      await lab.put({ "snapshots/n1": { ...renamed } });
      await full.quiet();
      await part.quiet();
    }));

  it("that reconnects is sent what has changed under its version, and nothing else", () =>
    withLab(mine, async (lab) => {
      const first = lab.delta("n1");
      await first.fetch(CDS);
      await lab.put({ "snapshots/n1": own(cluster("a", "2s"), cluster("b")) });
      const again = lab.delta("n1");
      again.subscribe(CDS, [], { initial_resource_versions: { a: "v7", b: "v7" } });
      expect((await again.accept(CDS)).resources).toMatchObject([{ name: "a" }]);
    }));

  it("moves to it when it appears, and back when it goes", () =>
    withLab(common, async (lab) => {
      const n1 = lab.delta("n1");
      const bystander = lab.delta("n2");
      for (const one of [n1, bystander]) {
        await one.fetch(CDS);
        await one.fetch(LDS);
        await one.quiet();
      }
      await lab.put({ "snapshots/n1": mine["snapshots/n1"] });
      // What it used goes only after the listeners that named it, and a drain.
      const clusters = await n1.accept(CDS);
      expect(clusters.resources).toMatchObject([{ name: "a" }]);
      expect(clusters).not.toHaveProperty("removed_resources");
      const listeners = await n1.accept(LDS);
      expect(listeners.removed_resources).toEqual(["default/http"]);
      expect(listeners).toMatchObject({ resources: [{ name: "l", version: "l1" }] });
      await bystander.quiet();
      await lab.put({ "snapshots/n1": undefined });
      expect(namesOf(await n1.accept(LDS))).toEqual(["default/http"]);
      // It comes with the proxy, also for those who were there before.
      expect(namesOf(await bystander.accept(CDS))).toEqual(["a"]);
      await n1.quiet();
      await bystander.quiet();
      lab.clock.advance(limits.xds.sweepIntervalMs);
      lab.clock.advance(limits.xds.retireGraceMs + limits.xds.sweepIntervalMs);
      for (const one of [n1, bystander]) {
        expect((await one.accept(CDS)).removed_resources).toEqual(["a"]);
        await one.quiet();
      }
      // The view that nobody sees any more is forgotten with the next state.
      await lab.put({});
      await lab.put({ "resources/*/clusters/common": undefined });
      expect(keysOf(lab)).toEqual(["all:default"]);
    }));

  it("keeps a cluster until the proxy has taken the routes that stopped naming it", () =>
    withLab(
      { "snapshots/n1": own(cluster("a"), assignment("a"), route("r", "a")) },
      async (lab) => {
        const n1 = lab.sotw("n1");
        await n1.fetch(CDS);
        await n1.fetch(EDS, ["a"]);
        await n1.fetch(RDS, ["r"]);
        await lab.put({ "snapshots/n1": own(cluster("b"), assignment("b"), route("r", "b")) });
        const both = await n1.accept(CDS);
        expect([namesOf(both).toSorted(), both.version_info]).toEqual([["a", "b"], "v7"]);
        await n1.accept(RDS);
        await n1.fetch(EDS, ["a", "b"]);
        lab.clock.advance(limits.xds.sweepIntervalMs);
        lab.clock.advance(limits.xds.retireGraceMs + limits.xds.sweepIntervalMs);
        const rest = await n1.accept(CDS);
        expect([namesOf(rest), rest.version_info]).toEqual([["b"], "v7"]);
      },
    ));

  it("gets the rest where a resource is wrong, which is named", () =>
    withLab(
      {
        "snapshots/n1": own(
          cluster("a"),
          assignment("a"),
          { type: "cds", resource: { name: "bad", connect_timeout: "soon" } },
          listener("l", 8001),
          listener("m", 8001),
        ),
      },
      async (lab) => {
        const n1 = lab.sotw("n1");
        expect(namesOf(await n1.fetch(CDS))).toEqual(["a"]);
        expect(namesOf(await n1.fetch(LDS))).toEqual(["l"]);
        expect(lab.app.diagnostics()).toMatchObject([
          {
            severity: "error",
            code: "RESOURCE_INVALID",
            key: "snapshots/n1",
            path: "resources[2].resource.connect_timeout",
          },
          { severity: "error", code: "LISTENER_CLASH", path: "resources[4]" },
        ]);
      },
    ));
});
