import { type OutgoingHttpHeaders, request } from "node:http";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { envoyBootstrap } from "../../src/cli/bootstrap-template.ts";
import { withinBinomial } from "../support/binomial.ts";
import { type ChainService, startChainService } from "../support/chain-service.ts";
import { type Envoy, startEnvoy } from "../support/envoy.ts";
import { type Etcd, startEtcd } from "../support/etcd.ts";
import { runLoad, startLoad } from "../support/load.ts";
import { openedParts } from "../support/opened.ts";
import { freePorts } from "../support/ports.ts";
import { type Serin, startSerin } from "../support/serin.ts";
import { eventually } from "../support/wait.ts";

/**
 * front → middle → back. Each hop asks the next one through the mesh listener, and passes on the
 * header and the baggage. The lane has instances of front and back only, of the same version as the
 * others. Clients come in at the edge listener of the same Envoy.
 */
const base = "front-base>middle-base>back-base";
const gray = "front-gray>middle-base>back-gray";

const instances = ["front-base", "front-gray", "middle-base", "back-base", "back-gray"] as const;

interface Lab {
  readonly etcd: Etcd;
  readonly serin: Serin;
  readonly envoy: Envoy;
  readonly services: ReadonlyMap<string, ChainService>;
  readonly edge: number;
  readonly mesh: number;
}

let lab: Lab;
const { opened, stop } = openedParts();

const service = (name: (typeof instances)[number]): ChainService => {
  const found = lab.services.get(name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
};

async function apply(key: string, value: unknown): Promise<void> {
  await lab.etcd.put(`/serin/${key}`, JSON.stringify(value));
  await lab.serin.applied((await lab.etcd.get(`/serin/${key}`))?.modRevision ?? 0);
}

async function remove(key: string): Promise<void> {
  await lab.etcd.del(`/serin/${key}`);
  // The deletion has no key to read its revision from; this write comes after it.
  await apply("status/test", Date.now());
}

const endpoint = (name: (typeof instances)[number]) => ({
  address: `127.0.0.1:${service(name).port}`,
  version: "v1",
  ...(name.endsWith("gray") ? { labels: { lane: "gray" } } : {}),
});

const keyOf = (name: string): string => `endpoints/${name.replace("-", "/")}`;

beforeAll(async () => {
  const [edge = 0, mesh = 0] = await freePorts(2);
  const next = { front: "middle", middle: "back", back: undefined } as const;
  const services = new Map<string, ChainService>();
  for (const name of instances) {
    const behind = next[name.split("-")[0] as keyof typeof next];
    const options = behind === undefined ? {} : { next: { service: behind, port: mesh } };
    const started = await startChainService({ name, ...options });
    services.set(
      name,
      opened(started, (part) => part.close()),
    );
  }
  const etcd = opened(await startEtcd(), (part) => part.stop());
  const serin = opened(await startSerin({ store: `etcd://${etcd.endpoint}` }), (part) =>
    part.stop(),
  );
  const servers = [{ host: "127.0.0.1", port: serin.xdsPort }];
  const bootstrap = envoyBootstrap({ nodeId: "lab-1", cluster: "lab", mode: "delta", servers });
  const envoy = opened(await startEnvoy({ bootstrap, concurrency: 2 }), (part) => part.stop());
  lab = { etcd, serin, envoy, services, edge, mesh };
  for (const name of instances) await apply(keyOf(name), endpoint(name));
  for (const [name, port] of [["edge", edge] as const, ["mesh", mesh] as const]) {
    const listeners = [{ name: "http", address: "127.0.0.1", port }];
    await apply(`gateways/${name}`, { nodeSelector: { cluster: "lab" }, listeners });
  }
  await envoy.ready();
  await envoy.listenerPort("edge/http");
  await envoy.listenerPort("mesh/http");
}, 60_000);

afterAll(stop);

afterEach(async () => {
  for (const name of instances) service(name).setHealthy(true);
  await lab.etcd.del("/serin/services/", { prefix: true });
  await lab.etcd.del("/serin/lanes/", { prefix: true });
  for (const name of instances) await apply(keyOf(name), endpoint(name));
});

type Headers = Readonly<Record<string, string>>;

/** Answers by the hops that gave them. */
async function counted(
  total: number,
  headers: Headers | ((n: number) => Headers) = {},
  port = lab.edge,
) {
  const given = typeof headers === "function" ? headers : () => headers;
  const report = await runLoad({ port, total, headers: (n) => ({ host: "front", ...given(n) }) });
  expect(report.total).toBe(total);
  return report.byVersion;
}

const lane = (entry: object, others: object = {}) => ({
  baggage: true,
  entries: [{ gateway: "edge", ...entry }],
  ...others,
});

describe("a request comes into the lane", { timeout: 120_000 }, () => {
  it("by a header, by a cookie, and by who the user is; its hops are front and back", async () => {
    const matches = [
      { headers: [{ name: "X-Stage", value: "gray" }] },
      { cookies: [{ name: "tester", value: "1" }] },
      { headers: [{ name: "X-User-Id", value: "1001" }] },
    ];
    await apply("lanes/gray", lane({ matches }));
    expect(await counted(200, { "x-stage": "gray" })).toEqual({ [gray]: 200 });
    expect(await counted(200, { cookie: "a=b; tester=1" })).toEqual({ [gray]: 200 });
    expect(await counted(200, { "x-user-id": "1001" })).toEqual({ [gray]: 200 });
    expect(service("back-gray").received()).toMatchObject({
      "x-lane": "gray",
      baggage: "x-lane=gray",
    });
    expect(await counted(200)).toEqual({ [base]: 200 });
    expect(await counted(200, { "x-stage": "grayer" })).toEqual({ [base]: 200 });
    expect(await counted(200, { cookie: "tester=10" })).toEqual({ [base]: 200 });
    expect(await counted(200, { "x-user-id": "10011" })).toEqual({ [base]: 200 });
    expect(service("back-base").received()).not.toHaveProperty("x-lane");
  });

  it("by chance, in its share, and stays in it to the last hop", async () => {
    await apply("lanes/gray", lane({ percent: 10 }));
    const { [gray]: inLane = 0, [base]: outside = 0, ...others } = await counted(3_000);
    expect(others).toEqual({});
    expect(inLane + outside).toBe(3_000);
    expect(withinBinomial(inLane, 3_000, 0.1), `${inLane} of 6000`).toBe(true);
  });

  it("by the user's hash: the same users each time, and more as the share grows", async () => {
    const users = Array.from({ length: 1_000 }, (_, n) => `user-${n}`);
    const hashSplit = { type: "Header", headers: [{ name: "X-User-Id" }] };
    const taken = async (percent: number): Promise<ReadonlySet<string>> => {
      await apply("lanes/gray", lane({ percent, hashSplit }));
      const found = new Set<string>();
      const left = users.values();
      const one = async (): Promise<void> => {
        for (const user of left) {
          const { hops } = await ask(lab.edge, { "x-user-id": user });
          expect([base, gray]).toContain(hops);
          if (hops === gray) found.add(user);
        }
      };
      await Promise.all(Array.from({ length: 8 }, one));
      return found;
    };
    const ten = await taken(10);
    const again = await taken(10);
    const thirty = await taken(30);
    expect(again).toEqual(ten);
    expect([...ten].filter((user) => !thirty.has(user))).toEqual([]);
    expect(withinBinomial(ten.size, users.length, 0.1), `${ten.size}`).toBe(true);
    expect(withinBinomial(thirty.size, users.length, 0.3), `${thirty.size}`).toBe(true);
    expect(await counted(200)).toEqual({ [base]: 200 });
  });

  it("of two lanes with a share each", async () => {
    await apply("lanes/blue", lane({ percent: 20 }, { labels: { lane: "blue" } }));
    await apply("lanes/gray", lane({ percent: 10 }));
    // Blue has no instance anywhere: its requests are marked, and answered by the baseline.
    const { [gray]: inGray = 0, [base]: outside = 0 } = await counted(3_000);
    expect(inGray + outside).toBe(3_000);
    expect(withinBinomial(inGray, 3_000, 0.1), `${inGray} of 3000`).toBe(true);
  });
});

interface Answer {
  readonly status: number;
  readonly hops: string;
}

function ask(port: number, headers: OutgoingHttpHeaders): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const all = { host: "front", ...headers };
    const call = request({ host: "127.0.0.1", port, headers: all, timeout: 5_000 }, (answer) => {
      answer.resume();
      const hops = String(answer.headers["x-served-by"]);
      answer.once("end", () => resolve({ status: answer.statusCode ?? 0, hops }));
    });
    call.once("timeout", () => call.destroy(new Error("no answer in time")));
    call.once("error", reject);
    call.end();
  });
}

describe("inside", { timeout: 120_000 }, () => {
  it.each([
    [gray, "x-lane=gray"],
    [gray, "a=1;p=2 , x-lane = gray;q"],
    [gray, ["a=1", "x-lane=gray"]],
    [gray, ["x-lane=gray", "a=1"]],
    [gray, "a=%2C;p=%3D,x-lane=gray,b=1"],
    [base, "not-x-lane=gray"],
    [base, "x-lane=grayer"],
    [base, "a=1;x-lane=gray"],
    [base, ["a=1;x-lane=gray", "b=x-lane=gray"]],
  ])("%s answers to baggage of %j", async (hops, baggage) => {
    await apply("lanes/gray", lane({ percent: 0 }));
    expect(await ask(lab.mesh, { baggage })).toEqual({ status: 200, hops });
  });

  it("a strict lane fails at the hop without instances of it, and not at others", async () => {
    const matches = [{ cookies: [{ name: "tester", value: "1" }] }];
    await apply("lanes/gray", lane({ matches }, { mode: "strict" }));
    const before = service("middle-base").served();
    expect(await counted(200, { cookie: "tester=1" })).toEqual({ "front-gray>503": 200 });
    expect(service("middle-base").served()).toBe(before);
    expect(await counted(200)).toEqual({ [base]: 200 });
    const services = ["front", "back"];
    await apply("lanes/gray", lane({ matches }, { mode: "strict", services }));
    expect(await counted(200, { cookie: "tester=1" })).toEqual({ [gray]: 200 });
  });
});

describe("what clients send", { timeout: 120_000 }, () => {
  const sent = { "x-lane": "gray", baggage: "x-lane=gray,a=1" };

  it("is taken away at the edge", async () => {
    await apply("lanes/gray", lane({ percent: 0 }));
    expect(await counted(200, sent)).toEqual({ [base]: 200 });
    expect(service("back-base").received()).not.toHaveProperty("x-lane");
    expect(service("back-base").received()).not.toHaveProperty("baggage");
  });

  it("counts where they are trusted", async () => {
    await apply("lanes/gray", lane({ percent: 0, trustClient: true }));
    expect(await counted(200, { "x-lane": "gray" })).toEqual({ [gray]: 200 });
    expect(await counted(200, { baggage: sent.baggage })).toEqual({ [gray]: 200 });
    expect(service("back-gray").received()).toMatchObject({ baggage: sent.baggage });
  });

  it("reaches no instance of a lane that is gone: they belong to the baseline again", async () => {
    await apply("lanes/gray", lane({ percent: 0 }));
    expect(await counted(200)).toEqual({ [base]: 200 });
    await remove("lanes/gray");
    const all = await counted(400);
    expect(Object.keys(all)).toHaveLength(4);
  });
});

describe("without an error the baseline answers", { timeout: 120_000 }, () => {
  const matches = [{ cookies: [{ name: "tester", value: "1" }] }];
  const headers = { host: "front", cookie: "tester=1" };
  const withoutFront = "front-base>middle-base>back-gray";

  it("when a lane's instance falls sick, and the lane does when it is well again", async () => {
    const healthCheck = { http: { path: "/health" }, interval: "100ms", unhealthyThreshold: 2 };
    await apply("services/front", { healthCheck });
    await apply("lanes/gray", lane({ matches }));
    await eventually(async () => (await ask(lab.edge, headers)).hops === gray, { what: "gray" });
    const load = startLoad({ port: lab.edge, headers, rate: 200 });
    const served = async (hops: string): Promise<void> => {
      await eventually(() => (load.take().byVersion[hops] ?? 0) > 0, { what: hops });
    };
    await served(gray);
    service("front-gray").setHealthy(false);
    await served(withoutFront);
    service("front-gray").setHealthy(true);
    await eventually(async () => (await ask(lab.edge, headers)).hops === gray, { what: "gray" });
    const report = await load.stop();
    expect(report.failures).toEqual({});
    expect(Object.keys(report.byVersion).sort()).toEqual([withoutFront, gray].sort());
  });

  it("when a lane's instance dies at once, with retries and ejection at the first failure", async () => {
    await apply("services/front", {
      retry: { attempts: 2 },
      outlierDetection: { consecutive5xx: 1 },
    });
    await apply("lanes/gray", lane({ matches }));
    const next = { service: "middle", port: lab.mesh };
    const dying = await startChainService({ name: "front-gray", next });
    await apply("endpoints/front/gray", {
      ...endpoint("front-gray"),
      address: `127.0.0.1:${dying.port}`,
    });
    for (let n = 0; n < 50; n++) expect((await ask(lab.edge, headers)).hops).toBe(gray);
    await dying.close();
    for (let n = 0; n < 200; n++) expect((await ask(lab.edge, headers)).hops).toBe(withoutFront);
  });

  it("when its endpoint is deleted, and the lane does when it comes back", async () => {
    await apply("lanes/gray", lane({ matches }));
    const load = startLoad({ port: lab.edge, headers, rate: 200 });
    await eventually(() => (load.take().byVersion[gray] ?? 0) > 0, { what: "gray" });
    for (let round = 0; round < 5; round++) {
      await remove("endpoints/front/gray");
      expect((await ask(lab.edge, headers)).hops).toBe(withoutFront);
      await apply("endpoints/front/gray", endpoint("front-gray"));
      expect((await ask(lab.edge, headers)).hops).toBe(gray);
    }
    const report = await load.stop();
    expect(report.failures).toEqual({});
  });
});
