import { describe, expect, it } from "vitest";
import type { XdsStream } from "../../src/xds/stream.ts";
import { CDS, type DeltaClient, EDS, LDS, namesOf, RDS, type SotwClient } from "./client.ts";
import { type Lab, web, withLab } from "./support.ts";

const weights = (v1: number) => ({ "weights/web": { v1, v2: 100 - v1 } });
const routes = ["default/http"];

const streamOf = (lab: Lab): XdsStream => {
  const [stream] = lab.app.hub.streams;
  if (stream === undefined) throw new Error("no stream");
  return stream;
};

interface Variant {
  readonly name: string;
  open(lab: Lab): SotwClient | DeltaClient;
  ask(client: SotwClient | DeltaClient, typeUrl: string, names: readonly string[]): void;
}

const variants: readonly Variant[] = [
  {
    name: "state of the world",
    open: (lab) => lab.sotw("envoy-1"),
    ask: (client, typeUrl, names) => (client as SotwClient).request(typeUrl, names),
  },
  {
    name: "delta",
    open: (lab) => lab.delta("envoy-1"),
    ask: (client, typeUrl, names) => (client as DeltaClient).subscribe(typeUrl, names),
  },
];

type Either = {
  response(typeUrl?: string): Promise<{ readonly nonce: string }>;
  ack(response: object): void;
  nack(response: object, message: string): void;
};

describe.each(variants)("verdicts, $name", ({ open, ask }) => {
  it("a NACK is recorded, and not answered until the content changes", () =>
    withLab(web, async (lab) => {
      const client = open(lab);
      const story = client as unknown as Either;
      ask(client, CDS, []);
      story.ack(await story.response(CDS));
      ask(client, RDS, routes);
      story.ack(await story.response(RDS));
      await client.quiet();
      const accepted = streamOf(lab).types.get(RDS)?.accepted;

      await lab.put(weights(80));
      const bad = await story.response(RDS);
      story.nack(bad, "no such thing as 80 %");
      await client.quiet();
      const state = streamOf(lab).types.get(RDS);
      expect(state?.rejected).toMatchObject({
        nonce: bad.nonce,
        message: "no such thing as 80 %",
        names: routes,
      });
      expect(state?.accepted).toEqual(accepted);
      expect(state?.inFlight).toBeUndefined();

      // Another type goes on; the rejected one does not come along.
      await lab.put({ "services/web": { timeouts: { connect: "2s" } } });
      story.ack(await story.response(CDS));
      await client.quiet();

      await lab.put(weights(70));
      const good = await story.response(RDS);
      story.ack(good);
      await client.quiet();
      expect(streamOf(lab).types.get(RDS)).toMatchObject({
        rejected: undefined,
        accepted: { nonce: good.nonce },
      });
    }));

  it("keeps no more of an error text than it may", () =>
    withLab(web, async (lab) => {
      const client = open(lab);
      const story = client as unknown as Either;
      ask(client, RDS, routes);
      story.nack(await story.response(RDS), "é".repeat(1_000_000));
      await client.quiet();
      expect(streamOf(lab).types.get(RDS)?.rejected?.message).toBe("é".repeat(8 * 1024));
    }));

  it("one response of a type is in flight; its ACK brings the newest state only", () =>
    withLab(web, async (lab) => {
      const client = open(lab);
      const story = client as unknown as Either;
      ask(client, RDS, routes);
      const first = await story.response(RDS);
      for (const v1 of [80, 70, 60, 55]) await lab.put(weights(v1));
      await client.quiet();
      story.ack(first);
      const last = await story.response(RDS);
      expect(JSON.stringify(last)).toContain('{"value":5500}');
      story.ack(last);
      await client.quiet();
    }));

  it("an ACK of another nonce is none", () =>
    withLab(web, async (lab) => {
      const client = open(lab);
      const story = client as unknown as Either;
      ask(client, RDS, routes);
      const first = await story.response(RDS);
      await lab.put(weights(80));
      story.ack({ ...first, nonce: "stale" });
      await client.quiet();
      expect(streamOf(lab).types.get(RDS)?.inFlight?.nonce).toBe(first.nonce);
      expect(streamOf(lab).types.get(RDS)?.accepted).toBeUndefined();
    }));
});

describe("push order on one stream", () => {
  const introduce = {
    "endpoints/shop/a": { address: "10.1.0.1:80", version: "v1" },
    "gateways/edge": { listeners: [{ name: "http", port: 80 }] },
  };

  it("is CDS, EDS, LDS, RDS, delta", () =>
    withLab(web, async (lab) => {
      const client = lab.delta("envoy-1");
      await client.fetch(CDS);
      await client.fetch(EDS, ["web/v1", "shop/v1"]);
      await client.fetch(LDS);
      await client.fetch(RDS, ["default/http", "edge/http"]);
      await client.quiet();
      await lab.put(introduce);
      const order: string[] = [];
      const names: string[] = [];
      for (let n = 0; n < 4; n++) {
        const next = await client.response();
        client.ack(next);
        order.push(next.type_url);
        names.push(...namesOf(next), ...(next.removed_resources ?? []).map((name) => `-${name}`));
      }
      expect(order).toEqual([CDS, EDS, LDS, RDS]);
      expect(names).toEqual([
        "shop/v1",
        "shop/v1",
        "edge/http",
        "-default/http",
        "edge/http",
        "-default/http",
      ]);
      await client.quiet();
    }));

  it("is CDS, EDS, LDS, RDS, state of the world", () =>
    withLab(web, async (lab) => {
      const client = lab.sotw("envoy-1");
      await client.fetch(CDS);
      await client.fetch(EDS, ["web/v1", "shop/v1"]);
      await client.fetch(LDS);
      await client.fetch(RDS, ["default/http", "edge/http"]);
      await client.quiet();
      await lab.put(introduce);
      const order: string[] = [];
      for (let n = 0; n < 4; n++) {
        const next = await client.response();
        client.ack(next);
        order.push(next.type_url);
      }
      expect(order).toEqual([CDS, EDS, LDS, RDS]);
      await client.quiet();
    }));
});
