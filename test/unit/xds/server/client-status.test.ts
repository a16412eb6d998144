/** Calls for client status on the xDS port, by a client of HTTP/2: who may ask, and what hostile ones get. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import { decodeMessage } from "../../../../src/proto/decode.ts";
import { encodeMessage } from "../../../../src/proto/encode.ts";
import type { ClientStatusRequest } from "../../../../src/proto/messages.ts";
import { reasons } from "../../../../src/xds/end-reason.ts";
import { frameOf } from "../../../../src/xds/frame.ts";
import type { ClientStatusOptions } from "../../../../src/xds/server/client-status.ts";
import {
  type CertificatePair,
  loopbackCertificate,
  selfSigned,
} from "../../../support/certificates.ts";
import { freshFolder } from "../../../support/tmp.ts";
import { eventually } from "../../../support/wait.ts";
import { CDS } from "../../snapshot/resources.ts";
import { type Port, withPort } from "./port.ts";
import { deltaRequest, type RawCall, type RawClient } from "./raw-client.ts";

const service = "/envoy.service.status.v3.ClientStatusDiscoveryService";
const [stream, fetch] = [`${service}/StreamClientStatus`, `${service}/FetchClientStatus`];

const asked = (request: ClientStatusRequest = {}): Uint8Array =>
  encodeMessage("envoy.service.status.v3.ClientStatusRequest", request);

const clientsIn = (bytes: Uint8Array = new Uint8Array()): number =>
  decodeMessage("envoy.service.status.v3.ClientStatusResponse", bytes).config?.length ?? 0;

const loopback = { clientStatus: { readers: "loopback" } } as const;

/** With a proxy that is there. */
async function withProxy(port: Port, client: RawClient = port.client()): Promise<void> {
  const proxy = client.call();
  proxy.stream.write(deltaRequest(CDS));
  await proxy.count(1);
}

function ask(client: RawClient, path: string, bytes = asked()): RawCall {
  const call = client.call(path);
  call.stream.write(frameOf(bytes));
  return call;
}

describe("client status on the xDS port", () => {
  it("is fetched once, and streamed as often as it is asked for", () =>
    withPort(loopback, async (port) => {
      await withProxy(port);
      const client = port.client();
      const once = ask(client, fetch);
      expect(await once.status()).toEqual(["0", ""]);
      expect(once.messages().map(clientsIn)).toEqual([1]);
      const call = ask(client, stream);
      await call.count(1);
      call.stream.write(frameOf(asked()));
      await call.count(2);
      call.stream.end();
      expect(await call.status()).toEqual(["0", ""]);
      expect(call.messages().map(clientsIn)).toEqual([1, 1]);
      expect(port.statusFailures).toEqual([]);
      const [bytes] = once.messages().map(({ length }) => length);
      const peer = expect.stringMatching(/^127\.0\.0\.1:\d+$/);
      expect(port.statusAnswers).toEqual(Array(3).fill({ peer, bytes }));
    }));

  it("is answered to one that has said at once that it asks no more", () =>
    withPort(loopback, async (port) => {
      await withProxy(port);
      const call = port.client().call(stream);
      call.stream.end(frameOf(asked()));
      expect(await call.status()).toEqual(["0", ""]);
      expect(call.messages().map(clientsIn)).toEqual([1]);
    }));

  it("is not there where nobody may ask", () =>
    withPort({}, async (port) => {
      const [code, message] = await ask(port.client(), fetch).status();
      expect([code, message]).toEqual(["12", `no method ${fetch}`]);
    }));

  const tooManyMatchers = asked({
    node_matchers: Array.from({ length: limits.xds.statusMatchers + 1 }, () => ({})),
  });

  it.each<readonly [string, Uint8Array, readonly [string, string]]>([
    ["no message", Uint8Array.of(0xff, 0xff), ["3", reasons.malformedStatus.message]],
    [
      "a cut one",
      asked({ node_matchers: [{}] }).subarray(0, 1),
      ["3", reasons.malformedStatus.message],
    ],
    ["too many matchers", tooManyMatchers, ["8", reasons.tooManyMatchers.message]],
    [
      "more than a request",
      asked({ node: Buffer.alloc(limits.xds.statusRequestBytes) }),
      ["8", reasons.requestTooLarge.message],
    ],
    [
      "half a matcher",
      asked({ node_matchers: [{ node_id: {} }] }),
      [
        "3",
        "node_matchers[0].node_id: one of exact, prefix, suffix, contains or safe_regex is expected",
      ],
    ],
  ])("is refused to a request of %s, and other calls go on", (_, bytes, status) =>
    withPort(loopback, async (port) => {
      const client = port.client();
      const good = ask(client, stream);
      await good.count(1);
      for (const path of [stream, fetch])
        expect(await ask(client, path, bytes).status()).toEqual(status);
      good.stream.write(frameOf(asked()));
      await good.count(2);
      expect(port.statusFailures).toHaveLength(2);
    }),
  );

  it("is refused to a fetch without a request, and with two", () =>
    withPort(loopback, async (port) => {
      const client = port.client();
      const none = client.call(fetch);
      none.stream.end();
      expect(await none.status()).toEqual(["3", reasons.malformedStatus.message]);
      const two = client.call(fetch);
      two.stream.write(Buffer.concat([frameOf(asked()), frameOf(asked())]));
      expect(await two.status()).toEqual(["8", reasons.oneStatusAtATime.message]);
    }));

  it("has no more calls than it may, and room again when one has gone", () =>
    withPort(loopback, async (port) => {
      const client = port.client();
      const calls = Array.from({ length: limits.xds.statusCalls }, () => ask(client, stream));
      for (const call of calls) await call.count(1);
      expect(await ask(client, fetch).status()).toEqual(["8", reasons.tooManyStatusCalls.message]);
      calls[0]?.stream.close(8);
      await eventually(async () => (await ask(client, fetch).status())[0] === "0", {
        what: "room",
      });
    }));

  it("is not made for one that has gone meanwhile", () =>
    withPort(loopback, async (port) => {
      await withProxy(port);
      const client = port.client();
      for (let round = 0; round < 2 * limits.xds.statusCalls; round += 1) {
        ask(client, stream).stream.close(8);
      }
      await eventually(async () => (await ask(client, fetch).status())[0] === "0", {
        what: "an answer",
      });
      const failures = port.statusFailures.filter(({ code }) => code !== "resource_exhausted");
      expect(failures).toEqual([]);
    }));

  it("tells nothing of a Secret, and of others what the user lets be seen", () => {
    const seen: string[] = [];
    const show: ClientStatusOptions["show"] = ({ name, any }) => {
      seen.push(name);
      return any;
    };
    return withPort({ clientStatus: { readers: "loopback", show } }, async (port) => {
      await withProxy(port);
      const call = ask(port.client(), fetch);
      await call.status();
      expect(seen).toEqual(["a"]);
      const without = ask(port.client(), fetch, asked({ exclude_resource_contents: true }));
      await without.status();
      expect(seen).toEqual(["a"]);
      expect(without.messages()[0]?.length).toBeLessThan(call.messages()[0]?.length ?? 0);
    });
  });

  it("ends by a bug alone, which is told", () => {
    const bug = new Error("planted");
    const show = () => {
      throw bug;
    };
    return withPort({ clientStatus: { readers: "loopback", show } }, async (port) => {
      await withProxy(port);
      expect((await ask(port.client(), fetch).status())[0]).toBe("13");
      expect(port.statusFailures).toMatchObject([{ code: "internal", bug }]);
      expect(port.hub.streams.size).toBe(1);
    });
  });

  it("ends in a drain", () =>
    withPort(loopback, async (port) => {
      const call = ask(port.client(), stream);
      await call.count(1);
      const drained = port.drain();
      port.clock.advance(limits.xds.drainMs);
      expect(await call.status()).toEqual(["14", reasons.draining.message]);
      await drained;
      expect(port.statusFailures).toEqual([]);
    }));
});

describe("client status where proxies have certificates", () => {
  let folder: string;
  let server: CertificatePair;
  let proxy: CertificatePair;
  let operator: CertificatePair;

  beforeAll(() => {
    folder = freshFolder("client-status");
    server = loopbackCertificate();
    proxy = selfSigned("ops.example", undefined, ["subjectAltName=DNS:edge.example"]);
    operator = selfSigned("op", undefined, ["subjectAltName=DNS:ops.example,URI:spiffe://a/ops"]);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function options(readers: ClientStatusOptions["readers"]) {
    const put = (name: string, ...texts: readonly string[]): string => {
      const file = join(folder, name);
      writeFileSync(file, texts.join("\n"));
      return file;
    };
    const tls = {
      certFile: put("server.pem", server.certificate),
      keyFile: put("server.key", server.privateKey),
      clientCaFile: put("clients.pem", proxy.certificate, operator.certificate),
    };
    return { tls, clientStatus: { readers } };
  }

  const clientOf = (port: Port, { certificate: cert, privateKey: key }: CertificatePair) =>
    port.client({ ca: server.certificate, cert, key });

  it.each(["ops.example", "spiffe://a/ops"])(
    "is for those with the name %s, and for no proxy",
    (name) =>
      withPort(options({ certificates: ["someone-else", name] }), async (port) => {
        await withProxy(port, clientOf(port, proxy));
        const call = ask(clientOf(port, operator), fetch);
        expect(await call.status()).toEqual(["0", ""]);
        expect(call.messages().map(clientsIn)).toEqual([1]);
        // Its common name is that of an operator, and counts for nothing.
        const refused = await ask(clientOf(port, proxy), fetch).status();
        expect(refused).toEqual(["7", reasons.notAReader.message]);
        expect(port.statusFailures).toMatchObject([
          { code: "permission_denied", peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/) },
        ]);
      }),
  );

  it("is for loopback where that is said", () =>
    withPort(options("loopback"), async (port) => {
      expect((await ask(clientOf(port, proxy), fetch).status())[0]).toBe("0");
    }));
});
