import { describe, expect, it, vi } from "vitest";
import { limits } from "../../src/config/limits.ts";
import { internal, reasons } from "../../src/xds/end-reason.ts";
import { eventually } from "../support/wait.ts";
import { CDS, RDS } from "./client.ts";
import { Lab, web, withLab } from "./support.ts";

const { drainMs, stopGraceMs } = limits.xds;
const draining = { code: "UNAVAILABLE", details: reasons.draining.message };

describe("drain", () => {
  it("ends all streams one by one, says why, and stops", () =>
    withLab(web, async (lab) => {
      const clients = Array.from({ length: 10 }, (_, n) => lab.delta(`n${n}`));
      for (const client of clients) await client.fetch(CDS);
      const late = lab.connect();
      await late.delta("late").fetch(CDS);
      const drained = lab.drain();
      const refused = late.delta("later");
      refused.subscribe(CDS);
      expect((await refused.ended()).code).toBe("UNAVAILABLE");
      expect(lab.app.hub.streams.size).toBe(11);
      // Those that are left are served as before.
      await lab.put({ "endpoints/shop/a": { address: "10.1.0.1:80", version: "v1" } });
      await clients.at(-1)?.accept(CDS);
      lab.clock.advance(drainMs / 2);
      expect(lab.app.hub.streams.size).toBeGreaterThanOrEqual(4);
      expect(lab.app.hub.streams.size).toBeLessThanOrEqual(6);
      lab.clock.advance(drainMs / 2);
      expect(lab.app.hub.streams.size).toBe(0);
      for (const client of clients) expect(await client.ended()).toEqual(draining);
      await drained;
      expect(lab.clock.pending).toBe(0);
    }));

  it("is over at once when there is no stream, and may be asked for twice", () =>
    withLab(web, async (lab) => {
      await Promise.all([lab.drain(), lab.drain()]);
      expect(lab.clock.pending).toBe(0);
    }));

  it("does not wait for ever for a proxy that does not read", () =>
    withLab(
      { ...web, "resources/*/clusters/large": { alt_stat_name: "x".repeat(500_000) } },
      async (lab) => {
        const slow = lab.delta("slow");
        await slow.fetch(CDS);
        slow.call.pause();
        for (const letter of ["y", "z"]) {
          await lab.put({
            "resources/*/clusters/large": { alt_stat_name: letter.repeat(500_000) },
          });
          slow.subscribe(RDS, ["default/http"]);
          slow.subscribe(CDS, ["large"]);
        }
        const drained = lab.drain();
        lab.clock.advance(drainMs);
        expect(lab.app.hub.streams.size).toBe(0);
        lab.clock.advance(stopGraceMs);
        await drained;
        expect(lab.clock.pending).toBe(0);
      },
    ));
});

describe("close", () => {
  it("leaves no timer and no socket, whatever was going on", async () => {
    const sockets = (): number =>
      process.getActiveResourcesInfo().filter((kind) => /^TCP|^HTTP2/i.test(kind)).length;
    const before = sockets();
    const lab = new Lab({ ...web, "endpoints/shop/a": { address: "10.1.0.1:80", version: "v1" } });
    await lab.start();
    const clients = [lab.delta("a"), lab.delta("b")];
    for (const client of clients) await client.fetch(CDS);
    // A sweep and a build are pending.
    await lab.put({ "endpoints/shop/a": undefined });
    await lab.write({ "weights/web": { v1: 1 } });
    expect(lab.clock.pending).toBeGreaterThan(1);
    await lab.close();
    for (const client of clients) expect((await client.ended()).code).not.toBe("OK");
    await lab.streams(0);
    expect(lab.clock.pending).toBe(0);
    await eventually(() => sockets() <= before, { what: "all sockets to be closed" });
  });
});

describe("a bug", () => {
  it("met while sending ends that stream alone, with INTERNAL, and is told", () =>
    withLab(web, async (lab) => {
      const [unlucky, other] = [lab.delta("unlucky"), lab.delta("other")];
      for (const client of [unlucky, other]) {
        await client.fetch(RDS, ["default/http"]);
        await client.quiet();
      }
      const bug = new Error("planted");
      vi.spyOn(lab.app.hub.pool, "take").mockImplementationOnce(() => {
        throw bug;
      });
      await lab.put({ "weights/web": { v1: 1, v2: 1 } });
      const details = internal(bug).message;
      expect(await unlucky.ended()).toEqual({ code: "INTERNAL", details });
      expect(details).not.toContain("planted");
      await other.accept(RDS);
      await lab.streams(1);
      expect(lab.closed).toMatchObject([{ node: { id: "unlucky" }, reason: details, bug }]);
    }));

  it("met while receiving does so too", () =>
    withLab(web, async (lab) => {
      const [unlucky, other] = [lab.sotw("unlucky"), lab.sotw("other")];
      await other.fetch(CDS);
      vi.spyOn(lab.app.hub, "viewOf").mockImplementationOnce(() => {
        throw new Error("planted");
      });
      unlucky.request(CDS);
      expect((await unlucky.ended()).code).toBe("INTERNAL");
      await lab.put({ "services/web": { timeouts: { connect: "2s" } } });
      await other.accept(CDS);
    }));
});
