import { describe, expect, it } from "vitest";
import { limits } from "../../src/config/limits.ts";
import { CDS, type DeltaClient, EDS, LDS, namesOf, RDS, type SotwClient } from "./client.ts";
import { type Content, type Lab, web, withLab } from "./support.ts";

const { retireGraceMs, retireMaxMs, sweepIntervalMs } = limits.xds;

const content: Content = {
  ...web,
  "endpoints/shop/a": { address: "10.1.0.1:80", version: "v1" },
};
const names = ["web/v1", "web/v2", "shop/v1"];
const removal: Content = { "endpoints/shop/a": undefined };

async function sync(client: SotwClient | DeltaClient): Promise<void> {
  await client.fetch(CDS);
  await client.fetch(EDS, names);
  await client.fetch(LDS);
  await client.fetch(RDS, ["default/http"]);
  await client.quiet();
}

const clusters = (lab: Lab): readonly string[] =>
  lab.app.views().flatMap((view) => [...view.table(CDS).resources()].map(({ name }) => name));

describe("a cluster that nothing names any more", () => {
  it("goes after the ACK of the routes and a grace, delta", () =>
    withLab(content, async (lab) => {
      const client = lab.delta("envoy-1");
      await sync(client);
      await lab.put(removal);
      const routes = await client.response(RDS);
      expect(JSON.stringify(routes)).not.toContain("shop");
      lab.clock.advance(retireGraceMs * 5);
      await client.quiet();
      expect(clusters(lab)).toContain("shop/v1");
      client.ack(routes);
      await client.quiet();
      lab.clock.advance(sweepIntervalMs);
      await client.quiet();
      lab.clock.advance(retireGraceMs - sweepIntervalMs);
      await client.quiet();
      lab.clock.advance(2 * sweepIntervalMs);
      const gone = [await client.accept(CDS), await client.accept(EDS)];
      expect(gone.map((each) => [namesOf(each), each.removed_resources])).toEqual([
        [[], ["shop/v1"]],
        [[], ["shop/v1"]],
      ]);
      await client.quiet();
      const kinds = lab.app
        .history()
        .flatMap(({ changes }) => changes)
        .filter(({ name }) => name === "shop/v1")
        .map(({ kind }) => kind);
      expect(kinds).toEqual(["added", "added", "retiring", "retiring", "removed", "removed"]);
    }));

  it("goes after the ACK of the routes and a grace, state of the world", () =>
    withLab(content, async (lab) => {
      const client = lab.sotw("envoy-1");
      await sync(client);
      await lab.put(removal);
      await client.accept(RDS);
      await client.quiet();
      lab.clock.advance(retireGraceMs + 2 * sweepIntervalMs);
      expect(namesOf(await client.accept(CDS))).toEqual(["web/v1", "web/v2"]);
      await client.quiet();
    }));

  it("stays while one of two proxies does not answer, but not for ever", () =>
    withLab(content, async (lab) => {
      const quick = lab.delta("quick");
      const silent = lab.delta("silent");
      await sync(quick);
      await sync(silent);
      await lab.put(removal);
      await quick.accept(RDS);
      const unanswered = await silent.response(RDS);
      lab.clock.advance(retireMaxMs - sweepIntervalMs);
      await quick.quiet();
      expect(clusters(lab)).toContain("shop/v1");
      lab.clock.advance(2 * sweepIntervalMs);
      expect((await quick.accept(CDS)).removed_resources).toEqual(["shop/v1"]);
      expect((await silent.accept(CDS)).removed_resources).toEqual(["shop/v1"]);
      silent.ack(unanswered);
      await silent.accept(EDS);
      await silent.quiet();
    }));

  it("stays as long as a proxy lives on the old routes because it rejected the new ones", () =>
    withLab(content, async (lab) => {
      const client = lab.delta("envoy-1");
      await sync(client);
      await lab.put(removal);
      client.nack(await client.response(RDS), "no");
      await client.quiet();
      lab.clock.advance(10 * retireMaxMs);
      await client.quiet();
      expect(clusters(lab)).toContain("shop/v1");
      await lab.put({ "weights/web": { v1: 1, v2: 1 } });
      await client.accept(RDS);
      await client.quiet();
      lab.clock.advance(sweepIntervalMs);
      lab.clock.advance(retireGraceMs);
      lab.clock.advance(sweepIntervalMs);
      expect((await client.accept(CDS)).removed_resources).toEqual(["shop/v1"]);
    }));

  it("goes too when every proxy has left", () =>
    withLab(content, async (lab) => {
      const client = lab.delta("envoy-1");
      await sync(client);
      await lab.put(removal);
      await client.accept(RDS);
      client.cancel();
      await lab.streams(0);
      lab.clock.advance(retireGraceMs + 2 * sweepIntervalMs);
      expect(clusters(lab)).not.toContain("shop/v1");
    }));

  it("that comes back in time is not taken away", () =>
    withLab(content, async (lab) => {
      const client = lab.delta("envoy-1");
      await sync(client);
      await lab.put(removal);
      await client.accept(RDS);
      await client.quiet();
      await lab.put(content);
      await client.accept(RDS);
      lab.clock.advance(retireMaxMs + 2 * sweepIntervalMs);
      await client.quiet();
      expect(clusters(lab)).toContain("shop/v1");
    }));
});

describe("routes to a cluster that is new", () => {
  it("wait until the proxy has it, and no longer than Envoy may take to warm it", () =>
    withLab(web, async (lab) => {
      const client = lab.delta("envoy-1");
      await sync(client);
      await lab.put({ "endpoints/shop/a": { address: "10.1.0.1:80", version: "v1" } });
      const added = await client.response(CDS);
      expect(namesOf(added)).toEqual(["shop/v1"]);
      await client.accept(EDS);
      lab.clock.advance(limits.xds.warmGateMs - 100);
      // Assignments do not wait, so this answer proves that the routes still do.
      await client.fetch(EDS, ["none"]);
      lab.clock.advance(100);
      expect(JSON.stringify(await client.accept(RDS))).toContain("shop/v1");
      client.ack(added);
      await client.quiet();
    }));
});
