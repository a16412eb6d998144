import { request as httpRequest } from "node:http";
import { connect as connectHttp2, constants } from "node:http2";
import { Agent, request as httpsRequest } from "node:https";
import { connect } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withinBinomial } from "../support/binomial.ts";
import { selfSigned } from "../support/certificates.ts";
import { type GatewayScene, startGatewayScene } from "../support/gateway-scene.ts";
import { eventually } from "../support/wait.ts";

const timeout = 5_000;

let scene: GatewayScene;
beforeAll(async () => {
  scene = await startGatewayScene();
});
afterAll(() => scene?.stop());

interface Answer {
  readonly status: number;
  /** Of the request, as the backend saw it; empty where the proxy answered itself. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of the server's certificate. */
  readonly commonName: string;
  readonly serial: string;
}

interface Ask {
  readonly host: string;
  /** Name in the handshake; default: the host. */
  readonly sni?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly client?: { readonly cert: string; readonly key: string };
}

const headersIn = (body: string): Answer["headers"] =>
  body.startsWith("{") ? (JSON.parse(body) as Pick<Answer, "headers">).headers : {};

/** A request on a connection of its own. */
function ask(port: number, { host, headers = {} }: Ask): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = {
      host: "127.0.0.1",
      port,
      agent: false,
      timeout,
      headers: { host, ...headers },
    };
    httpRequest(options, (response) => {
      let body = "";
      response.on("data", (chunk) => {
        body += chunk;
      });
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: headersIn(body),
          commonName: "",
          serial: "",
        }),
      );
    })
      .on("error", reject)
      .end();
  });
}

/** The same over TLS. */
function askTls({ host, sni = host, headers = {}, client }: Ask): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const agent = new Agent({ keepAlive: false, maxCachedSessions: 0 });
    const options = {
      host: "127.0.0.1",
      port: scene.ports.tls,
      agent,
      timeout,
      servername: sni,
      rejectUnauthorized: false,
      headers: { host, ...headers },
      ...client,
    };
    httpsRequest(options, (response) => {
      const { subject, serialNumber } = (response.socket as TLSSocket).getPeerCertificate();
      let body = "";
      response.on("data", (chunk) => {
        body += chunk;
      });
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: headersIn(body),
          commonName: String(subject.CN),
          serial: serialNumber,
        }),
      );
    })
      .on("error", reject)
      .end();
  });
}

/** What a server says first; empty where it closes without a word. */
function greeting(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    connect(port, "127.0.0.1")
      .setTimeout(timeout, () => reject(new Error("no end")))
      .on("data", (chunk) => {
        text += chunk.toString();
      })
      .on("end", () => resolve(text))
      .on("error", reject);
  });
}

describe("HTTP listeners of one socket", () => {
  it("serve what their routes say", async () => {
    expect(await ask(scene.ports.http, { host: "any.test" })).toMatchObject({ status: 200 });
    const { headers } = await ask(scene.ports.http, { host: "any.test" });
    expect(headers["x-forwarded-proto"]).toBe("http");
  });

  it("keep their hosts to themselves", async () => {
    // `routes/web` is at both listeners, `routes/apart` only at the one without hostname.
    expect(await ask(scene.ports.http, { host: "apart.example" })).toMatchObject({ status: 200 });
    await scene.apply({
      "routes/web": {
        parentRefs: [{ name: "a", sectionName: "all" }],
        rules: [{ backendRefs: [{ name: "web" }] }],
      },
    });
    expect(await ask(scene.ports.http, { host: "apart.example" })).toMatchObject({ status: 404 });
    expect(await ask(scene.ports.http, { host: "any.test" })).toMatchObject({ status: 200 });
    await scene.apply({
      "routes/web": { parentRefs: [{ name: "a" }], rules: [{ backendRefs: [{ name: "web" }] }] },
    });
    expect(await ask(scene.ports.http, { host: "apart.example" })).toMatchObject({ status: 200 });
  });

  it("pass WebSockets on", async () => {
    const text = await new Promise<string>((resolve, reject) => {
      const options = { host: "127.0.0.1", port: scene.ports.http, agent: false, timeout };
      httpRequest({
        ...options,
        headers: {
          host: "any.test",
          connection: "upgrade",
          upgrade: "websocket",
          "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
          "sec-websocket-version": "13",
        },
      })
        .on("upgrade", (_response, socket) => {
          socket.write("ping");
          socket.once("data", (chunk) => {
            socket.destroy();
            resolve(chunk.toString());
          });
        })
        .on("response", ({ statusCode }) => reject(new Error(`status ${statusCode}`)))
        .on("error", reject)
        .end();
    });
    expect(text).toBe("ping");
  });

  it("take the mark of a lane away at an edge, and inside believe it", async () => {
    const headers = { "x-lane": "gray" };
    const atEdge = await ask(scene.ports.http, { host: "any.test", headers });
    expect(atEdge.headers).not.toHaveProperty("x-lane");
    const inside = await ask(scene.portOfB, { host: "other", headers });
    expect(inside).toMatchObject({ status: 200, headers });
  });
});

describe("listeners of one TLS socket", () => {
  it("are told apart by the name in the handshake", async () => {
    const shop = await askTls({ host: "shop.example" });
    expect(shop).toMatchObject({ status: 200, commonName: "shop" });
    expect(shop.headers["x-forwarded-proto"]).toBe("https");
    expect(await askTls({ host: "x.example" })).toMatchObject({ status: 200, commonName: "wide" });
    await expect(askTls({ host: "x.nowhere" })).rejects.toThrow();
  });

  it("send a client away that asks for the host of another one", async () => {
    const answer = await askTls({ host: "shop.example", sni: "x.example" });
    expect(answer).toMatchObject({ status: 421, commonName: "wide" });
    expect(await askTls({ host: "x.example", sni: "shop.example" })).toMatchObject({ status: 404 });
  });

  it("speak HTTP/2", async () => {
    const session = connectHttp2(`https://127.0.0.1:${scene.ports.tls}`, {
      servername: "shop.example",
      rejectUnauthorized: false,
    });
    const status = await new Promise<number>((resolve, reject) => {
      session.on("error", reject);
      session.setTimeout(timeout, () => reject(new Error("no answer over HTTP/2")));
      session
        .request({ [constants.HTTP2_HEADER_AUTHORITY]: "shop.example", ":path": "/" })
        .on("response", (headers) => resolve(Number(headers[":status"])))
        .on("error", reject);
    });
    expect(status).toBe(200);
    expect(session.alpnProtocol).toBe("h2");
    session.destroy();
  });

  it("ask for a certificate where an authority is given", async () => {
    await expect(askTls({ host: "people.example" })).rejects.toThrow();
    const { certificate, privateKey } = scene.certificates.client;
    const client = { cert: certificate, key: privateKey };
    expect(await askTls({ host: "people.example", client })).toMatchObject({ status: 200 });
    const stranger = selfSigned("stranger");
    const other = { cert: stranger.certificate, key: stranger.privateKey };
    await expect(askTls({ host: "people.example", client: other })).rejects.toThrow();
  });

  it("close connections to names whose certificate is not there, and hold nothing else up", async () => {
    await expect(askTls({ host: "lost.example" })).rejects.toThrow();
    const diagnostics = await scene.serin.api<{
      readonly diagnostics: readonly { readonly code: string; readonly path: string }[];
    }>("/v1/diagnostics");
    expect(JSON.stringify(diagnostics)).toContain("listeners[5].tls.certificateRefs[0]");
  });

  it("pass through what a TLSRoute names, and close the rest", async () => {
    expect(await peer("a.through.test")).toEqual({ commonName: "behind", text: "v1" });
    await expect(peer("b.through.test")).rejects.toThrow();
  });

  it("use a new certificate for new connections, without a new listener", async () => {
    const before = await askTls({ host: "shop.example" });
    const modified = await scene.a.stats(/listener_manager\.listener_(modified|in_place_updated)/);
    const failures: unknown[] = [];
    const serials = new Set<string>();
    let running = true;
    const load = (async () => {
      while (running) {
        await askTls({ host: "shop.example" }).then(
          ({ status, serial }) => {
            serials.add(serial);
            if (status !== 200) failures.push(status);
          },
          (error) => failures.push(error),
        );
      }
    })();
    await scene.apply({ "secrets/shop": selfSigned("shop") });
    await eventually(() => serials.size > 1, { what: "the new certificate", timeoutMs: 10_000 });
    running = false;
    await load;
    expect(failures).toEqual([]);
    expect(serials).toContain(before.serial);
    expect((await askTls({ host: "shop.example" })).serial).not.toBe(before.serial);
    const after = await scene.a.stats(/listener_manager\.listener_(modified|in_place_updated)/);
    expect(after).toEqual(modified);
  });
});

/** Certificate and first words of whoever ends the TLS connection. */
function peer(servername: string): Promise<{ readonly commonName: string; readonly text: string }> {
  return new Promise((resolve, reject) => {
    let text = "";
    const options = { host: "127.0.0.1", port: scene.ports.tls, servername };
    const socket = connectTls({ ...options, rejectUnauthorized: false }, () => {
      const commonName = String(socket.getPeerCertificate().subject.CN);
      socket.on("data", (chunk) => {
        text += chunk.toString();
      });
      socket.on("end", () => resolve({ commonName, text }));
    });
    socket.on("error", reject);
  });
}

describe("a TCP listener", () => {
  const connections = 1_000;

  async function counted(): Promise<{ readonly v1: number; readonly v2: number }> {
    const count = { v1: 0, v2: 0 };
    for (let n = 0; n < connections; n += 50) {
      const texts = await Promise.all(Array.from({ length: 50 }, () => greeting(scene.ports.tcp)));
      for (const text of texts) count[text as "v1" | "v2"] += 1;
    }
    return count;
  }

  it("passes connections on by the weights of the service", async () => {
    const { v1, v2 } = await counted();
    expect(v1 + v2).toBe(connections);
    expect(withinBinomial(v2, connections, 0.1, 0.999_999), `${v2} of v2`).toBe(true);
  });

  it("reaches instances over TLS, with the authority that the service names", async () => {
    const to = (name: string): object => ({
      parentRefs: [{ name: "a", sectionName: "db" }],
      rules: [{ backendRefs: [{ name }] }],
    });
    await scene.apply({ "tcproutes/db": to("secure") });
    await eventually(async () => (await greeting(scene.ports.tcp)) === "v1", { what: "v1" });
    for (let n = 0; n < 20; n += 1) expect(await greeting(scene.ports.tcp)).toBe("v1");
    await scene.apply({ "secrets/behind": { ca: scene.certificates.wide.certificate } });
    await eventually(async () => (await greeting(scene.ports.tcp)) === "", { what: "distrust" });
    await scene.apply({ "tcproutes/db": to("db") });
  });

  it("follows the weights, down to zero, and closes where nobody is behind it", async () => {
    await scene.apply({ "weights/db": { v1: 0, v2: 100 } });
    await eventually(async () => (await greeting(scene.ports.tcp)) === "v2", { what: "v2" });
    expect(await counted()).toEqual({ v1: 0, v2: connections });
    await scene.apply({
      "tcproutes/db": {
        parentRefs: [{ name: "a", sectionName: "db" }],
        rules: [{ backendRefs: [{ name: "nobody" }] }],
      },
    });
    await eventually(async () => (await greeting(scene.ports.tcp)) === "", { what: "the end" });
  });
});

describe("each Envoy", () => {
  it("has what its gateway needs, and nothing of the other's", async () => {
    const names = async (envoy: GatewayScene["a"]): Promise<readonly string[]> => {
      const { cluster_statuses = [] } = await envoy.clusters();
      return cluster_statuses.filter((each) => each.added_via_api).map(({ name }) => name);
    };
    expect(await names(scene.b)).toEqual(["other/v1"]);
    expect(await names(scene.a)).not.toContain("other/v1");
    expect(await scene.b.listeners()).toEqual(["b/http"]);
    const dump = JSON.stringify(await scene.b.configDump());
    expect(dump).not.toMatch(/"a\/|secret\/|db\/v1|web\/v1/);
  });

  it("has accepted everything", async () => {
    const proxies = await scene.serin.proxies();
    expect(proxies).toHaveLength(2);
    for (const { types } of proxies) {
      expect(types.map(({ nack }) => nack)).toEqual(types.map(() => undefined));
    }
  });
});
