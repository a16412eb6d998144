/**
 * Health for those who do not look for themselves: real etcd, two replicas of serin, the gRPC clients of all
 * four languages and an Envoy beside them. serin probes, and no call goes to whom it finds sick.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { envoyBootstrap, grpcBootstrap } from "../../src/cli/bootstrap-template.ts";
import { limits } from "../../src/config/limits.ts";
import { startEnvoy } from "../support/envoy.ts";
import { type Etcd, startEtcd } from "../support/etcd.ts";
import { type CallReport, type GrpcClient, startGrpcClient } from "../support/grpc-client.ts";
import { buildClients, languages } from "../support/grpc-client-build.ts";
import { type EchoServer, startEchoServer } from "../support/grpc-echo-server.ts";
import { openedParts } from "../support/opened.ts";
import { forget, type Serin, startSerin } from "../support/serin.ts";
import { eventually } from "../support/wait.ts";

interface Health {
  readonly notProbed: string | null;
  readonly instances: readonly { readonly id: string; readonly verdict: string; reason: string }[];
}

const key = "/serin/status/health/web";
const { opened, stop } = openedParts();

let etcd: Etcd;
let v1: EchoServer;
let v2: EchoServer;
/** The first one leads: it was there first. */
let leader: Serin;
/** All clients and the Envoy are connected to this one. */
let other: Serin;
let clients: readonly GrpcClient[];

const open = (version: string, port?: number) =>
  startEchoServer({ version, ...(port !== undefined && { port }) });

beforeAll(async () => {
  await buildClients();
  etcd = opened(await startEtcd(), (part) => part.stop());
  v1 = opened(await open("v1"), (part) => part.close());
  v2 = opened(await open("v2"), () => v2.close());
  const objects = {
    "services/web": {
      appProtocol: "grpc",
      healthCheck: { grpc: {}, interval: "300ms", timeout: "300ms", unhealthyThreshold: 3 },
    },
    "endpoints/web/a": { address: `127.0.0.1:${v1.port}`, version: "v1" },
    "endpoints/web/b": { address: `127.0.0.1:${v2.port}`, version: "v2" },
    "weights/web": { v1: 50, v2: 50 },
  };
  for (const [name, value] of Object.entries(objects)) {
    await etcd.put(`/serin/${name}`, JSON.stringify(value));
  }
  const store = `etcd://${etcd.endpoint}`;
  leader = opened(await startSerin({ store }), (part) => part.stop());
  await eventually(() => leads(leader), { what: "the first replica to lead" });
  other = opened(await startSerin({ store }), (part) => part.stop());
}, 600_000);

afterAll(() => stop());

async function connect(): Promise<void> {
  const servers = [{ host: "127.0.0.1", port: other.xdsPort }];
  const edge = { nodeId: "edge-1", cluster: "edge", mode: "delta", servers } as const;
  const bootstrap = envoyBootstrap(edge);
  const envoy = opened(await startEnvoy({ bootstrap }), (part) => part.stop());
  await envoy.ready();
  clients = await Promise.all(
    languages.map(async (language) => {
      const nodeId = `grpc-${language}`;
      const own = grpcBootstrap({ nodeId, cluster: "clients", servers });
      const client = await startGrpcClient({ language, bootstrap: own });
      return opened(client, (part) => part.stop());
    }),
  );
  await Promise.all(clients.map((client) => client.call({ calls: 1, deadlineMs: 30_000 })));
}

async function leads(serin: Serin): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${serin.adminPort}/metrics`);
  return (await answer.text()).includes("\nserin_leader 1\n");
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const callAll = (calls = 60): Promise<readonly CallReport[]> =>
  Promise.all(clients.map((client) => client.call({ calls })));

/** By language; of what was not answered, the status. */
const answers = (reports: readonly CallReport[]) =>
  reports.map(({ counts, errors }) => ({ ...counts, ...errors }));
const each = <T>(value: T): readonly T[] => languages.map(() => value);

/** Every call is answered, by one version or the other. */
async function bothAnswer(): Promise<void> {
  const reports = answers(await callAll());
  expect(reports.map((report) => Object.keys(report).sort())).toEqual(each(["v1", "v2"]));
}

/** Calls of all clients while `act` runs, by language. */
async function callsDuring(act: () => Promise<void>) {
  let isOver = false;
  const sums = clients.map(async (client) => {
    const sum: Record<string, number> = {};
    while (!isOver) {
      const { counts, errors } = await client.call({ calls: 20 });
      for (const [outcome, count] of Object.entries({ ...counts, ...errors })) {
        sum[outcome] = (sum[outcome] ?? 0) + count;
      }
    }
    return sum;
  });
  await act().finally(() => {
    isOver = true;
  });
  return Promise.all(sums);
}

/**
 * Nobody's call fails while v2 comes back, and it has its share in the end. Go forgets a cluster at weight 0,
 * and may choose it a moment before it knows it again (docs/guides/grpc-clients.md): at most one call in fifty.
 */
async function comesBack(act: () => Promise<void>): Promise<void> {
  const outcomes = await callsDuring(async () => {
    await act();
    await found("well");
    await pause(1_000);
  });
  for (const [i, language] of languages.entries()) {
    const { v1: first = 0, v2: second = 0, ...failed } = outcomes[i] ?? {};
    expect([language, first > 0, second > 0]).toEqual([language, true, true]);
    const { UNAVAILABLE: tooEarly = 0, ...others } = failed;
    if (language !== "go") expect([language, failed]).toEqual([language, {}]);
    expect([language, others]).toEqual([language, {}]);
    expect(tooEarly).toBeLessThanOrEqual((first + second) / 50);
  }
}

const verdicts = async (serin: Serin) =>
  Object.fromEntries(
    (await serin.api<Health>("/v1/health/web")).instances.map(({ id, verdict }) => [id, verdict]),
  );

/** All clients have what the prober wrote last. */
async function found(verdict: "well" | "sick"): Promise<void> {
  await eventually(async () => (await verdicts(other))["b"] === verdict, {
    what: `v2 to be found ${verdict}`,
    timeoutMs: 60_000,
  });
  await etcd.put("/serin/status/test", String(Date.now()));
  await other.applied((await etcd.get("/serin/status/test"))?.modRevision ?? 0);
}

/** What the Envoy has, type by type: each version is the hash of all bytes. */
const envoyVersions = async () =>
  (await other.proxies())
    .filter(({ node }) => node === "edge-1")
    .flatMap(({ types }) => types.map(({ type, versionAcked }) => `${type} ${versionAcked}`));

describe("gRPC clients of a service with health checks", () => {
  let envoyHad: readonly string[];

  it("are not probed for before there are any", async () => {
    const health = await other.api<Health>("/v1/health/web");
    expect(health.notProbed).toBe("no gRPC client asks for it");
    expect(v1.probes()).toBe(0);
    await connect();
    await bothAnswer();
    envoyHad = await envoyVersions();
    expect(envoyHad).not.toEqual([]);
    await eventually(async () => (await verdicts(leader))["a"] === "well", {
      what: "the leader to hear of the clients of the other replica",
    });
    await eventually(() => v1.probes() > 0, { what: "a probe" });
  });

  it("go to the stable version while the canary says that it does not serve", async () => {
    v2.setServing(false);
    await found("sick");
    expect(answers(await callAll())).toEqual(each({ v1: 60 }));
    for (const serin of [leader, other]) {
      expect(await verdicts(serin)).toEqual({ a: "well", b: "sick" });
    }
    const [, b] = (await leader.api<Health>("/v1/health/web")).instances;
    expect(b?.reason).toBe("grpc.health.v1.Health/Check answers NOT_SERVING");
    // The Envoy has found out by itself, and nothing was sent to it.
    expect(await envoyVersions()).toEqual(envoyHad);
    await comesBack(async () => v2.setServing(true));
    expect(await etcd.get(key)).toBeUndefined();
    expect(await envoyVersions()).toEqual(envoyHad);
  });

  it("do not fail once the canary's only instance is found dead, nor when it comes back", async () => {
    const { port } = v2;
    await v2.close();
    await found("sick");
    expect(answers(await callAll())).toEqual(each({ v1: 60 }));
    // Long enough for clients to have become slow to try it again.
    await pause(5_000);
    await comesBack(async () => {
      v2 = await open("v2", port);
    });
  });

  it("keep the instances where all of them are sick", async () => {
    for (const server of [v1, v2]) server.setServing(false);
    await found("sick");
    await eventually(async () => (await verdicts(other))["a"] === "sick", { what: "v1: sick" });
    await bothAnswer();
    v1.setServing(true);
    const options = { what: "v1: well", timeoutMs: 20_000 };
    await eventually(async () => (await verdicts(other))["a"] === "well", options);
    await found("sick");
    expect(answers(await callAll())).toEqual(each({ v1: 60 }));
  });

  it("notice nothing of the leader's death: its verdicts stand, and the next one goes on", async () => {
    const before = await etcd.get(key);
    expect(before).toBeDefined();
    await leader.kill();
    await forget(leader, etcd);
    const killed = performance.now();
    while (!(await leads(other))) {
      expect(performance.now() - killed).toBeLessThan((limits.rollout.leaseTtlSeconds + 5) * 1_000);
      expect(answers(await callAll(20))).toEqual(each({ v1: 20 }));
    }
    // The new one has probed for a while, and written nothing.
    v2.setServing(false);
    await eventually(() => v2.probes() > 5, { what: "probes of the new leader" });
    expect(answers(await callAll())).toEqual(each({ v1: 60 }));
    expect((await etcd.get(key))?.modRevision).toBe(before?.modRevision);
    await comesBack(async () => v2.setServing(true));
    expect(await envoyVersions()).toEqual(envoyHad);
  });
});
