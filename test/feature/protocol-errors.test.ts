import { describe, expect, it } from "vitest";
import { limits } from "../../src/config/limits.ts";
import { reasons } from "../../src/xds/end-reason.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import { CDS, Connection, EDS, LDS, namesOf, nodeOf, RDS } from "./client.ts";
import type { ServiceName } from "./official.ts";
import { web, withLab } from "./support.ts";

const perType = [
  ["LDS", LDS, [], ["default/http"]],
  ["RDS", RDS, ["default/http"], ["default/http"]],
  ["CDS", CDS, [], ["web/v1", "web/v2"]],
  ["EDS", EDS, ["web/v1"], ["web/v1"]],
] as const satisfies readonly (readonly [
  ServiceName,
  string,
  readonly string[],
  readonly string[],
])[];

describe.each(perType)("%s of its own", (service, typeUrl, names, expected) => {
  it("serves state of the world, with and without type_url", () =>
    withLab(web, async (lab) => {
      for (const asked of [typeUrl, ""]) {
        const client = lab.sotw("n", service);
        client.request(asked, names);
        const response = await client.accept(typeUrl);
        expect(namesOf(response)).toEqual(expected);
      }
    }));

  it("serves delta, with and without type_url", () =>
    withLab(web, async (lab) => {
      for (const asked of [typeUrl, ""]) {
        const client = lab.delta("n", service);
        client.subscribe(asked, names);
        expect(namesOf(await client.accept(typeUrl))).toEqual(expected);
      }
    }));

  it("refuses another type", () =>
    withLab(web, async (lab) => {
      const other = typeUrl === CDS ? EDS : CDS;
      const clients = [lab.sotw("n", service), lab.delta("n", service)];
      for (const client of clients) client.sendBytes(Buffer.alloc(0));
      for (const client of clients) expect((await client.ended()).code).toBe("INVALID_ARGUMENT");
      const client = lab.sotw("n", service);
      client.request(other);
      expect(await client.ended()).toEqual(asEnd(reasons.wrongType, "INVALID_ARGUMENT"));
    }));
});

const asEnd = ({ message }: { readonly message: string }, code: string) => ({
  code,
  details: message,
});

describe("a stream ends with INVALID_ARGUMENT and the reason", () => {
  const invalid = (reason: { readonly message: string }) => asEnd(reason, "INVALID_ARGUMENT");

  it("when its first message has no node, or one without an id", () =>
    withLab(web, async (lab) => {
      for (const node of [undefined, nodeOf("")]) {
        const client = lab.connect().sotw("", "ADS", node ?? (null as unknown as object));
        client.request(CDS);
        expect(await client.ended()).toEqual(invalid(reasons.noNode));
        const delta = lab.connect().delta("", "ADS", node ?? (null as unknown as object));
        delta.subscribe(CDS);
        expect(await delta.ended()).toEqual(invalid(reasons.noNode));
      }
    }));

  it("when the node id changes; repeating the same one is fine", () =>
    withLab(web, async (lab) => {
      const client = lab.sotw("a");
      await client.fetch(CDS);
      client.request(EDS, ["web/v1"], { node: nodeOf("a") });
      await client.accept(EDS);
      client.request(LDS, [], { node: nodeOf("b") });
      expect(await client.ended()).toEqual(invalid(reasons.otherNode));
    }));

  it("when type_url is absent on the aggregated service", () =>
    withLab(web, async (lab) => {
      const sotw = lab.sotw("a");
      sotw.request("");
      expect(await sotw.ended()).toEqual(invalid(reasons.wrongType));
      const delta = lab.delta("a");
      delta.subscribe("");
      expect(await delta.ended()).toEqual(invalid(reasons.wrongType));
    }));

  it("when the bytes are no request, at first and later", () =>
    withLab(web, async (lab) => {
      for (const garbage of [[0xff, 0xff, 0xff], [0x0a, 0x7f], [0x2c]]) {
        const bytes = Uint8Array.from(garbage);
        const first = lab.delta("a");
        first.sendBytes(bytes);
        expect((await first.ended()).code).toBe("INVALID_ARGUMENT");
        const later = lab.sotw("a");
        await later.fetch(CDS);
        later.sendBytes(bytes);
        expect(await later.ended()).toEqual(invalid(reasons.malformed));
      }
      await lab.streams(0);
    }));
});

describe("an unknown type", () => {
  it("is answered with nothing, and the stream lives", () =>
    withLab(web, async (lab) => {
      const strange = "type.googleapis.com/acme.Strange";
      const sotw = lab.sotw("a");
      const answer = await sotw.fetch(strange, ["x"]);
      expect(answer.resources ?? []).toEqual([]);
      const delta = lab.delta("a");
      expect((await delta.fetch(strange, ["x"])).removed_resources).toEqual(["x"]);
      expect(namesOf(await sotw.fetch(CDS))).toHaveLength(2);
      expect(namesOf(await delta.fetch(CDS))).toHaveLength(2);
    }));

  it("is not remembered for the sake of who asked", () =>
    withLab(web, async (lab) => {
      const client = lab.sotw("a");
      await client.fetch(CDS);
      const tables = lab.app.views().map((view) => view.tables().length);
      for (let n = 0; n < 20; n++) await client.fetch(`type.googleapis.com/acme.T${n}`);
      expect(lab.app.views().map((view) => view.tables().length)).toEqual(tables);
    }));

  it("is served once a raw resource of it comes", () =>
    withLab(web, async (lab) => {
      const secret = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";
      const client = lab.delta("a");
      expect((await client.fetch(secret, ["s"])).removed_resources).toEqual(["s"]);
      await lab.put({ "resources/*/secrets/s": { generic_secret: {} } });
      expect(namesOf(await client.accept(secret))).toEqual(["s"]);
    }));
});

describe("limits end a stream with RESOURCE_EXHAUSTED, and no other stream", () => {
  const exhausted = (reason: { readonly message: string }) => asEnd(reason, "RESOURCE_EXHAUSTED");

  it("on names, types, sizes of names, of the node and of a message", () =>
    withLab(web, async (lab) => {
      const bystander = lab.sotw("bystander");
      await bystander.fetch(RDS, ["default/http"]);

      const names = lab.delta("names");
      const many = Array.from({ length: limits.xds.subscriptionNames + 1 }, (_, n) => `c${n}`);
      names.subscribe(EDS, many);
      expect(await names.ended()).toEqual(exhausted(reasons.tooManyNames));

      const types = lab.sotw("types");
      for (let n = 0; n <= limits.xds.typesPerStream; n++) types.request(`example.com/T${n}`);
      expect(await types.ended()).toEqual(exhausted(reasons.tooManyTypes));

      const long = "x".repeat(limits.xds.nameBytes + 1);
      const longName = lab.sotw("long");
      longName.request(EDS, [long]);
      expect(await longName.ended()).toEqual(exhausted(reasons.nameTooLong));
      const longType = lab.delta("long");
      longType.subscribe(long);
      expect(await longType.ended()).toEqual(exhausted(reasons.nameTooLong));

      const node = lab.sotw("node", "ADS", nodeOf("n".repeat(limits.xds.nodeBytes)));
      node.request(CDS);
      expect(await node.ended()).toEqual(exhausted(reasons.nodeTooLarge));

      const bytes = lab.sotw("bytes");
      await bytes.fetch(CDS);
      bytes.sendBytes(Buffer.alloc(limits.xds.requestBytes + 1));
      expect((await bytes.ended()).code).toBe("RESOURCE_EXHAUSTED");

      await lab.streams(1);
      await lab.put({ "weights/web": { v1: 1, v2: 1 } });
      await bystander.accept(RDS);
    }));

  it("a client that asks once and half-closes is answered all the same", () =>
    withLab(web, async (lab) => {
      const client = lab.sotw("a");
      client.request(CDS);
      client.end();
      expect(namesOf(await client.response(CDS))).toEqual(["web/v1", "web/v2"]);
      expect((await client.ended()).code).toBe("OK");
    }));

  it("and what they had subscribed to is freed when a client just goes away", () =>
    withLab(web, async (lab) => {
      const cancelled = lab.sotw("a");
      await cancelled.fetch(CDS);
      cancelled.cancel();
      const ended = lab.delta("b");
      await ended.fetch(CDS);
      ended.end();
      expect((await ended.ended()).code).toBe("OK");
      const proxy = await startTcpProxy(`127.0.0.1:${lab.port}`);
      const lost = new Connection(Number(proxy.endpoint.split(":")[1]));
      await lost.sotw("c").fetch(CDS);
      await proxy.close();
      await lab.streams(0);
      lost.close();
      const closed = new Map(lab.closed.map(({ node, reason }) => [String(node?.id), reason]));
      expect([...closed.keys()].toSorted()).toEqual(["a", "b", "c"]);
      expect(closed.get("b")).toBe(reasons.clientEnded.message);
    }));
});
