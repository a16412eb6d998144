import { request as httpsRequest, Agent as TlsAgent } from "node:https";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Backend, startBackend } from "../../src/dev/backend.ts";
import { typeUrls } from "../../src/snapshot/type-url.ts";
import { reasons } from "../../src/xds/end-reason.ts";
import { ask as askOn, keptConnections } from "../support/asker.ts";
import { selfSigned } from "../support/certificates.ts";
import { startLoad } from "../support/load.ts";
import { freePorts } from "../support/ports.ts";
import { type RawContent, type RawLab, startRawLab } from "../support/raw-lab.ts";
import { eventually } from "../support/wait.ts";

const services = 300;
const nameOf = (at: number): string => `svc-${String(at).padStart(4, "0")}`;
/** A change of one service, on the wire to one Envoy. */
const bytesMax = 450;

let v1: Backend;
let v2: Backend;
beforeAll(async () => {
  [v1, v2] = await Promise.all([startBackend({ version: "v1" }), startBackend({ version: "v2" })]);
});
afterAll(() => Promise.all([v1?.close(), v2?.close()]));

function instances(count: number): RawContent {
  const content: Record<string, object> = {};
  for (let at = 0; at < count; at += 1) {
    const name = nameOf(at);
    content[`endpoints/${name}/a`] = { address: `127.0.0.1:${v1.port}`, version: "v1" };
    content[`endpoints/${name}/b`] = { address: `127.0.0.1:${v2.port}`, version: "v2" };
    content[`weights/${name}`] = { v1: 90, v2: 10 };
  }
  return content;
}

const gateway = (...listeners: readonly object[]): object => ({
  addresses: [{ value: "127.0.0.1" }],
  listeners,
});

const agent = keptConnections(16);
afterAll(() => agent.destroy());

interface Asked {
  readonly host: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Status, and the version that answered. */
async function ask(port: number, { host, path = "/", headers = {} }: Asked): Promise<string> {
  const reply = await askOn(agent, { port, path, headers: { ...headers, host } });
  return `${reply.status} ${String(reply.headers["x-served-by"] ?? "")}`.trim();
}

const received = async (lab: RawLab): Promise<number> =>
  (await lab.envoy.stats(/cluster\.serin\.upstream_cx_rx_bytes_total/)).get(
    "cluster.serin.upstream_cx_rx_bytes_total",
  ) ?? 0;

/** Everything ACKed, as this server sees it. */
const settled = (lab: RawLab): Promise<unknown> =>
  eventually(
    () =>
      [...lab.app.hub.streams].every((stream) =>
        [...stream.types].every(
          ([, type]) => type.inFlight === undefined && type.rejected === undefined,
        ),
      ) && lab.app.hub.streams.size > 0,
    { what: "all ACKs" },
  );

/** What a change costs on the wire, with all that is spoken about it. */
async function bytesOf(lab: RawLab, change: RawContent): Promise<number> {
  await settled(lab);
  const before = await received(lab);
  await lab.put(change);
  await settled(lab);
  let last = before;
  await eventually(
    async () => {
      const now = await received(lab);
      const still = now === last && now > before;
      last = now;
      return still;
    },
    { what: "the bytes" },
  );
  return last - before;
}

const canary = (name: string): object => ({
  hostnames: [`${name}.example`],
  rules: [
    {
      matches: [{ headers: [{ name: "x-canary", value: "yes" }] }],
      backendRefs: [{ name, subset: "v2" }],
    },
    { backendRefs: [{ name, subset: "v1" }] },
  ],
});

describe.each(["delta", "sotw"] as const)("a scoped listener beside a whole one, %s", (variant) => {
  let lab: RawLab;
  let ports: { whole: number; scoped: number; other: number; tls: number };
  beforeAll(async () => {
    const [whole = 0, scoped = 0, other = 0, tls = 0] = await freePorts(4);
    ports = { whole, scoped, other, tls };
    const routeDelivery = "Scoped";
    lab = await startRawLab({
      variant,
      content: {
        ...instances(20),
        "secrets/cert": selfSigned("scoped"),
        "gateways/edge": gateway(
          { name: "whole", port: whole },
          { name: "scoped", port: scoped, routeDelivery },
          { name: "other", port: other, routeDelivery, services: [nameOf(1)] },
          {
            ...{ name: "tls", port: tls, routeDelivery, protocol: "HTTPS" },
            tls: { certificateRefs: [{ name: "cert" }] },
          },
        ),
        "routes/canary": canary(nameOf(0)),
        "routes/users": {
          hostnames: ["users.example", "www.users.example"],
          rules: [
            {
              hashSplit: { headers: [{ name: "x-user-id" }] },
              backendRefs: [
                { name: nameOf(2), subset: "v1", weight: 80 },
                { name: nameOf(2), subset: "v2", weight: 20 },
              ],
            },
          ],
        },
        "routes/wild": {
          hostnames: ["*.wild.example"],
          rules: [{ backendRefs: [{ name: nameOf(3) }] }],
        },
      },
    });
  });
  afterAll(() => lab?.stop());

  it("is served, and what cannot be is told", () => {
    expect(lab.app.diagnostics().map(({ code, key }) => `${code} ${key}`)).toEqual([
      "HOST_LEFT_OUT routes/wild",
      "HOST_LEFT_OUT routes/wild",
      "HOST_LEFT_OUT routes/wild",
    ]);
  });

  it("routes as the whole one does", async () => {
    const asked: Asked[] = [
      { host: `${nameOf(0)}.example` },
      { host: `${nameOf(0)}.example:8080` },
      { host: `${nameOf(0)}.example`, headers: { "x-canary": "yes" } },
      {
        host: `${nameOf(0)}.example`,
        headers: { "x-canary": "yes", "x-serin-listener": "edge/other" },
      },
      { host: "nobody.example" },
      { host: "[::1]" },
      { host: "[::1]:8080" },
      ...Array.from({ length: 200 }, (_, user) => ({
        host: user % 2 === 0 ? "users.example" : "www.users.example:80",
        headers: { "x-user-id": `user-${user}` },
      })),
    ];
    const answers = async (port: number): Promise<readonly string[]> =>
      Promise.all(asked.map((each) => ask(port, each)));
    const scoped = await answers(ports.scoped);
    expect(scoped).toEqual(await answers(ports.whole));
    expect(scoped.slice(0, 7)).toEqual([
      ...["200 v1", "200 v1", "200 v2", "200 v2", "404", "404", "404"],
    ]);
    const moved = scoped.slice(7).filter((each) => each === "200 v2").length;
    expect(moved).toBeGreaterThan(20);
    expect(moved).toBeLessThan(65);
  });

  it("has exact hosts only, in lower case", async () => {
    expect(await ask(ports.whole, { host: "a.wild.example" })).toMatch(/^200/);
    expect(await ask(ports.scoped, { host: "a.wild.example" })).toBe("404");
    expect(await ask(ports.whole, { host: nameOf(1).toUpperCase() })).toMatch(/^200/);
    expect(await ask(ports.scoped, { host: nameOf(1).toUpperCase() })).toBe("404");
  });

  it("is told apart from another one of the same Envoy", async () => {
    expect(await ask(ports.other, { host: nameOf(1) })).toMatch(/^200/);
    expect(await ask(ports.other, { host: nameOf(2) })).toBe("404");
    const headers = { "x-serin-listener": "edge/scoped" };
    expect(await ask(ports.other, { host: nameOf(2), headers })).toBe("404");
  });

  it("serves TLS", async () => {
    const status = (host: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const tlsAgent = new TlsAgent({ keepAlive: false });
        const at = { host: "127.0.0.1", port: ports.tls, servername: host };
        httpsRequest(
          { ...at, agent: tlsAgent, rejectUnauthorized: false, headers: { host }, timeout: 5_000 },
          (response) => {
            response.resume();
            resolve(response.statusCode ?? 0);
          },
        )
          .on("error", reject)
          .end();
      });
    expect(await status(nameOf(4))).toBe(200);
    expect(await status("nobody.example")).toBe(404);
  });

  it("follows weights, rules and hosts that come and go", async () => {
    const become = (asked: Asked, wanted: string): Promise<unknown> =>
      eventually(async () => (await ask(ports.scoped, asked)) === wanted, { what: wanted });
    await lab.put({ [`weights/${nameOf(5)}`]: { v1: 0, v2: 100 } });
    await become({ host: nameOf(5) }, "200 v2");
    await lab.put({
      "routes/late": {
        hostnames: ["late.example"],
        rules: [{ backendRefs: [{ name: nameOf(5) }] }],
      },
    });
    await become({ host: "late.example" }, "200 v2");
    await lab.put({ "routes/late": undefined });
    await become({ host: "late.example" }, "404");
    await lab.put({ "endpoints/new/a": { address: `127.0.0.1:${v1.port}`, version: "v1" } });
    await become({ host: "new" }, "200 v1");
    await lab.put({ "endpoints/new/a": undefined });
    await become({ host: "new" }, "404");
    for (const [name, count] of await lab.envoy.stats(/update_rejected/)) {
      expect([name, count]).toEqual([name, 0]);
    }
  });
});

describe("a scoped listener of many services", () => {
  let lab: RawLab;
  let port: number;
  const edge = (routeDelivery: string): RawContent => ({
    "gateways/edge": gateway({ name: "http", port, routeDelivery }),
  });
  beforeAll(async () => {
    [port = 0] = await freePorts(1);
    const content = { ...instances(services), ...edge("Scoped") };
    lab = await startRawLab({ variant: "delta", content });
  });
  afterAll(() => lab?.stop());

  it("costs little for any change of one service", async () => {
    const weights = (v2Share: number): RawContent => ({
      [`weights/${nameOf(7)}`]: { v1: 100 - v2Share, v2: v2Share },
    });
    const shop = { hostnames: ["shop.example"], rules: [{ backendRefs: [{ name: nameOf(8) }] }] };
    const rule = {
      ...shop,
      rules: [{ backendRefs: [{ name: nameOf(8), subset: "v2" }] }],
    };
    const costs: Record<string, number> = {};
    costs["weights"] = await bytesOf(lab, weights(20));
    costs["weights again"] = await bytesOf(lab, weights(30));
    costs["a host more"] = await bytesOf(lab, { "routes/shop": shop });
    costs["another rule"] = await bytesOf(lab, { "routes/shop": rule });
    costs["a host less"] = await bytesOf(lab, { "routes/shop": undefined });
    for (const [change, bytes] of Object.entries(costs)) {
      expect(bytes, `${change}: ${JSON.stringify(costs)}`).toBeLessThanOrEqual(bytesMax);
    }
  });

  it("gets only what changed when it reconnects", async () => {
    await settled(lab);
    const before = await received(lab);
    const [stream] = lab.app.hub.streams;
    await lab.put({ [`weights/${nameOf(9)}`]: { v1: 0, v2: 100 } });
    stream?.end(reasons.draining);
    await eventually(() => ![...lab.app.hub.streams].includes(stream as never), {
      what: "the end",
    });
    await settled(lab);
    await eventually(async () => (await ask(port, { host: nameOf(9) })) === "200 v2", {
      what: "the new weights",
    });
    const [again] = lab.app.hub.streams;
    await eventually(() => again?.types.get(typeUrls.scopedRoute)?.accepted !== undefined, {
      what: "the scopes",
    });
    expect((await received(lab)) - before).toBeLessThan(10_000);
  });

  it("goes over to whole routes and back under load, and nobody notices", async () => {
    const load = startLoad({
      port,
      rate: 400,
      headers: (n) => ({ host: nameOf(n % services) }),
    });
    for (const delivery of ["Whole", "Scoped", "Whole", "Scoped"]) {
      await lab.put(edge(delivery));
      await settled(lab);
      const before = load.report().total;
      await eventually(() => load.report().total > before + 400, { what: "400 requests" });
    }
    const report = await load.stop();
    expect([report.failed, report.failures]).toEqual([0, {}]);
  });
});

describe("a bad scope among good ones", () => {
  const clash = (at: number): object => ({
    key: { fragments: [{ string_key: nameOf(at) }, { string_key: "edge/http" }] },
    route_configuration: { name: "clash" },
  });
  const rejected = (lab: RawLab): readonly string[] =>
    [...lab.app.hub.streams].flatMap(
      ({ types }) => types.get(typeUrls.scopedRoute)?.rejected?.names ?? [],
    );

  it("holds up no other, from the start of Envoy on", async () => {
    const [port = 0] = await freePorts(1);
    const lab = await startRawLab({
      variant: "delta",
      content: {
        ...instances(30),
        "gateways/edge": gateway({ name: "http", port, routeDelivery: "Scoped" }),
        "resources/edge/scoped-routes/zz-clash": clash(3),
      },
    });
    try {
      for (let at = 0; at < 30; at += 1) {
        await eventually(async () => (await ask(port, { host: nameOf(at) })).startsWith("200"), {
          what: nameOf(at),
        });
      }
      await eventually(() => rejected(lab).join() === "zz-clash", { what: "the NACK" });
      await lab.put({ [`weights/${nameOf(6)}`]: { v1: 0, v2: 100 } });
      await eventually(async () => (await ask(port, { host: nameOf(6) })) === "200 v2", {
        what: "a good change",
      });
      await lab.put({ "resources/edge/scoped-routes/zz-clash": undefined });
      await settled(lab);
      expect(rejected(lab)).toEqual([]);
    } finally {
      await lab.stop();
    }
  });
});
