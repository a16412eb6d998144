import { describe, expect, it } from "vitest";
import { limits } from "../../src/config/limits.ts";
import { CDS, type DeltaClient, EDS, LDS, namesOf, RDS } from "./client.ts";
import { type Content, web, withLab } from "./support.ts";

const weights = (v1: number): Content => ({ "weights/web": { v1, v2: 100 - v1 } });

/** More than a stream's window takes, so that a proxy that does not read stops the server. */
const large = (n: number): Content => ({
  "resources/*/clusters/large": { type: "STATIC", alt_stat_name: `${n} `.repeat(50_000) },
});

const largeAssignment: Content = {
  "resources/*/endpoints/large": {
    endpoints: Array.from({ length: 100 }, (_, n) => ({
      locality: { zone: `${n}-${"z".repeat(2_000)}` },
    })),
  },
};

/** Reads and ACKs until the newest state of both types was seen; then nothing more comes. */
async function drainOf(client: DeltaClient): Promise<ReadonlyMap<string, readonly string[]>> {
  const seen = new Map<string, string[]>([
    [CDS, []],
    [RDS, []],
  ]);
  const newest = (): boolean =>
    seen.get(CDS)?.at(-1)?.includes('"500 500 ') === true &&
    seen.get(RDS)?.at(-1)?.includes("10000") === true;
  while (!newest()) {
    const next = await client.response();
    client.ack(next);
    seen.get(next.type_url)?.push(JSON.stringify(next));
  }
  await client.quiet();
  return seen;
}

describe("a proxy that stops reading", () => {
  it("costs one message a type, and gets only the newest state when it reads again", () =>
    withLab({ ...web, ...large(0) }, async (lab) => {
      const slow = lab.delta("slow");
      await slow.fetch(CDS);
      await slow.fetch(RDS, ["default/http"]);
      await slow.quiet();
      const other = lab.delta("other");
      await other.fetch(RDS, ["default/http"]);
      slow.call.pause();
      const before = lab.app.hub.pool.encodings;
      const received = slow.received.length;
      for (let n = 1; n <= 500; n++) {
        await lab.put({ ...weights(n % 100), ...large(n) });
        if (n % 100 === 0) await other.accept(RDS);
      }
      await other.accept(RDS);
      // One message a type to the slow one, and the other's: no more, whatever the changes.
      const spent = lab.app.hub.pool.encodings - before;
      expect(slow.received.length - received).toBeLessThanOrEqual(1);
      expect(spent - (other.received.length - 1)).toBeLessThanOrEqual(2);
      slow.call.resume();
      const seen = await drainOf(slow);
      expect(seen.get(CDS)).toHaveLength(2);
      expect(seen.get(CDS)?.at(-1)).toContain('"alt_stat_name":"500 500 ');
      expect(seen.get(RDS)?.length).toBeLessThanOrEqual(2);
      expect(seen.get(RDS)?.at(-1)).toContain('"web/v2","weight":{"value":10000}');
    }));

  it("holds up its later types too, so that no more than one message waits for it", () =>
    withLab({ ...web, ...large(0), ...largeAssignment }, async (lab) => {
      const slow = lab.sotw("slow");
      slow.call.pause();
      slow.request(CDS);
      slow.request(EDS, ["web/v1", "large"]);
      slow.request(LDS);
      slow.request(RDS, ["default/http"]);
      const other = lab.sotw("other");
      await other.fetch(RDS, ["default/http"]);
      await other.quiet();
      const [stream] = lab.app.hub.streams;
      expect([...(stream?.types ?? [])].map(([type]) => type)).toEqual([CDS, EDS, LDS, RDS]);
      // Its gRPC library may have taken the clusters; the assignments wait, and nothing after them.
      expect(stream?.types.get(CDS)?.inFlight).toBeDefined();
      expect(stream?.types.get(LDS)?.inFlight).toBeUndefined();
      expect(stream?.types.get(RDS)?.inFlight).toBeUndefined();
      slow.call.resume();
      for (const typeUrl of [CDS, EDS, LDS]) await slow.accept(typeUrl);
      await slow.accept(RDS);
    }));
});

describe("messages are shared", () => {
  it("50 streams in the same position cost one encoding a change", () =>
    withLab(web, async (lab) => {
      const clients = Array.from({ length: 50 }, (_, n) => lab.delta(`n${n}`));
      await Promise.all(
        clients.map(async (client) => {
          await client.fetch(CDS);
          await client.fetch(RDS, ["default/http"]);
          await client.quiet();
        }),
      );
      for (const v1 of [80, 70, 60]) {
        const before = lab.app.hub.pool.encodings;
        await lab.put(weights(v1));
        const got = await Promise.all(clients.map((client) => client.accept(RDS)));
        expect(lab.app.hub.pool.encodings - before).toBe(1);
        expect(new Set(got.map(({ nonce }) => nonce)).size).toBe(1);
        await Promise.all(clients.map((client) => client.quiet()));
      }
      const pushes = lab.pushes.filter(({ typeUrl }) => typeUrl === RDS).slice(-1);
      expect(pushes).toMatchObject([{ streams: 50, resources: 1, names: ["default/http"] }]);
    }));

  it("streams that name other resources share nothing by mistake", () =>
    withLab(web, async (lab) => {
      const a = lab.delta("a");
      const b = lab.delta("b");
      expect(namesOf(await a.fetch(EDS, ["web/v1"]))).toEqual(["web/v1"]);
      expect(namesOf(await b.fetch(EDS, ["web/v2"]))).toEqual(["web/v2"]);
    }));
});

describe("a burst of writes", () => {
  it("is one build, and the last state counts", () =>
    withLab(web, async (lab) => {
      const client = lab.delta("a");
      await client.fetch(RDS, ["default/http"]);
      await client.quiet();
      const before = lab.builds.length;
      for (let n = 0; n < 1_000; n++) await lab.write(weights(n % 90));
      expect(lab.builds.length).toBe(before);
      lab.clock.advance(limits.pipeline.quietMs);
      expect(lab.builds.length).toBe(before + 1);
      expect(JSON.stringify(await client.accept(RDS))).toContain(`"value":${(999 % 90) * 100}`);
      await client.quiet();
    }));

  it("without a pause is built all the same, as often as it may", () =>
    withLab(web, async (lab) => {
      const before = lab.builds.length;
      for (let ms = 0; ms < 1_000; ms++) {
        await lab.write(weights(ms % 90));
        lab.clock.advance(1);
      }
      const builds = lab.builds.length - before;
      expect(builds).toBeGreaterThanOrEqual(1_000 / limits.pipeline.maxWaitMs - 1);
      expect(builds).toBeLessThanOrEqual(1_000 / limits.pipeline.maxWaitMs + 1);
    }));
});
