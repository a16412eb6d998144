/**
 * One world: two replicas of serin as built, each with a gate between it and an etcd that worlds share,
 * proxies that ACK and report, and a release or a guard that is about to act. All its keys lie under a
 * prefix of its own.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import { envoyBootstrap } from "../../src/cli/bootstrap-template.ts";
import { type Backend, startBackend } from "../../src/dev/backend.ts";
import { startEnvoy } from "../support/envoy.ts";
import type { Etcd } from "../support/etcd.ts";
import { etcdHttp } from "../support/etcd-http.ts";
import { type Load, startLoad } from "../support/load.ts";
import { type Opened, openedParts } from "../support/opened.ts";
import { freePort } from "../support/ports.ts";
import { type Serin, startSerin } from "../support/serin.ts";
import { AckingClient, type Traffic } from "./acking-client.ts";
import { type ActGate, startActGate } from "./act-gate.ts";
import { guardsKey, leaderKey, weightsKey } from "./etcd-act.ts";
import type { Run } from "./fault-plan.ts";
import { Journal } from "./journal.ts";
import {
  type GuardStatusJson,
  jsonIn,
  type LeaderJson,
  shareOf,
  type WeightsJson,
} from "./recorded-values.ts";

export interface Replica {
  /** As it calls itself in the leader's key. */
  readonly name: string;
  readonly serin: Serin;
  readonly gate: ActGate;
}

export interface World {
  readonly prefix: string;
  readonly journal: Journal;
  /** Two, and those that took the place of one that was killed. */
  readonly replicas: readonly Replica[];
  /** As an orchestrator does it where one has died. */
  addReplica(): Promise<void>;
  /** Past serin, as `etcdctl put` does it. */
  put(key: string, value: unknown): Promise<bigint>;
  /** Revisions of `put`. */
  readonly byHand: ReadonlySet<number>;
  leader(): Replica | undefined;
  /** From now on every other request to the canary fails. */
  failCanary(): void;
  /** From now on the analysis fails. */
  failAnalysis(): void;
  /** Undefined: there is no Envoy. */
  readonly users: Load | undefined;
  /** Requests that the canary has answered, where there is an Envoy. */
  canaryServed(): number;
  stop(): Promise<void>;
}

export const stable = "v1";
export const canary = "v2";
/** Behind the last one comes the promotion. */
export const planned = [5, 5, 20, 20, 50, 50] as const;

const pause = { pause: { duration: "1s" } };
const steps = [{ setWeight: 5 }, pause, { setWeight: 20 }, pause, { setWeight: 50 }, pause];
const guard = { name: "http-5xx", interval: "1s", lookback: "20s", minRequests: 5 };
const subsets = [{ name: stable }, { name: canary }, { name: "v3" }];

export const hasRelease = ({ moment, hasRelease: asked }: Run): boolean =>
  moment !== "guard" || asked;

/** Quick enough for a run, and all that is asked for: `rollouts/web`. */
export function rolloutOf({ moment, rollbackBy }: Run, analysisUrl: string): object {
  const provider = { web: { url: analysisUrl, jsonPath: "$.value" } };
  const metric = { name: "figure", provider, interval: "1s", failureCondition: "result > 0.5" };
  const isAnalysed = moment === "rollback" && rollbackBy === "analysis";
  const analysis = isAnalysed ? { analysis: { metrics: [metric] } } : {};
  return {
    strategy: { canary: { stableSubset: stable, canarySubset: canary, steps, ...analysis } },
    ...(moment === "guard" && { guard: [guard] }),
  };
}

export async function startWorld(etcd: Etcd, prefix: string, run: Run): Promise<World> {
  const parts = openedParts();
  try {
    return await build(etcd, prefix, run, parts);
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

async function build(etcd: Etcd, prefix: string, run: Run, parts: Opened): Promise<World> {
  const { opened, stop } = parts;
  const http = etcdHttp(etcd.endpoint);
  const journal = opened(new Journal(etcd.endpoint, prefix), (part) => part.close());
  const byHand = new Set<number>();
  const put = async (key: string, value: unknown): Promise<bigint> => {
    const revision = await http.put(prefix + key, JSON.stringify(value));
    byHand.add(Number(revision));
    return revision;
  };
  const backends = run.isRealEnvoy ? await startBackends(parts) : [];
  for (const [index, { name }] of subsets.entries()) {
    const port = backends[index]?.port ?? 8_000 + index;
    await put(`endpoints/web/${name}`, { address: `127.0.0.1:${port}`, version: name });
  }
  await put("services/web", { subsets, ...(!hasRelease(run) && { guard: [guard] }) });
  await put(weightsKey, hasRelease(run) ? { v1: 100, v2: 0 } : { v1: 80, v2: 20 });

  const gatewayPort = await freePort();
  const start = (): Promise<Replica> => startReplica({ etcd, prefix, gatewayPort }, parts);
  const [one, two] = await Promise.all([start(), start()]);
  const replicas = [one, two];
  const state = { isFailing: false, figure: 0 };
  const users = run.isRealEnvoy
    ? await startUsers([one, two], parts)
    : startClients([one, two], () => trafficOf(journal, state.isFailing), parts);
  const analysisUrl = await startFigures(() => state.figure, parts);
  if (hasRelease(run)) await put("rollouts/web", rolloutOf(run, analysisUrl));

  return {
    ...{ prefix, journal, put, byHand, users, stop, replicas },
    addReplica: async () => void replicas.push(await start()),
    leader: () => {
      const who = jsonIn<LeaderJson>(lastOf(journal, leaderKey))?.who;
      return replicas.find(({ name }) => name === who);
    },
    failCanary: () => {
      state.isFailing = true;
      backends[1]?.failShare(0.5);
    },
    canaryServed: () => backends[1]?.served() ?? 0,
    failAnalysis: () => {
      state.figure = 1;
    },
  };
}

async function startReplica(
  { etcd, prefix, gatewayPort }: { etcd: Etcd; prefix: string; gatewayPort: number },
  { opened }: Opened,
): Promise<Replica> {
  const gate = opened(await startActGate(etcd.endpoint, prefix), (part) => part.close());
  const store = `etcd://${gate.endpoint}`;
  const options = { store, gatewayPort, args: ["--prefix", prefix] };
  for (let attempt = 1; ; attempt += 1) {
    try {
      const serin = opened(await startSerin(options), (part) => part.kill());
      return { name: `${hostname()}/${serin.pid}`, serin, gate };
    } catch (error) {
      // Among so many connections another one may take a port that was free a moment ago.
      if (attempt === 3 || !String(error).includes("EADDRINUSE")) throw error;
    }
  }
}

async function startBackends({ opened }: Opened): Promise<readonly Backend[]> {
  return Promise.all(
    subsets.map(async ({ name }) =>
      opened(await startBackend({ version: name }), (part) => part.close()),
    ),
  );
}

const usersPerSecond = 100;
/** Backends and users share a process with all worlds: what is only slow has not failed. */
const patienceMs = 20_000;

async function startUsers(replicas: readonly Replica[], { opened }: Opened): Promise<Load> {
  const servers = replicas.map(({ serin }) => ({ host: "127.0.0.1", port: serin.xdsPort }));
  const bootstrap = envoyBootstrap({ nodeId: "edge-1", cluster: "edge", mode: "delta", servers });
  const envoy = opened(await startEnvoy({ bootstrap }), (part) => part.stop());
  await envoy.ready();
  const port = await envoy.listenerPort("default/http");
  const users = { port, headers: { host: "web" }, rate: usersPerSecond, timeoutMs: patienceMs };
  const load = startLoad(users);
  return opened(load, (part) => part.stop());
}

/** One favours each replica. */
function startClients(
  [one, two]: readonly [Replica, Replica],
  traffic: () => Traffic,
  { opened }: Opened,
): undefined {
  const [first, second] = [one.serin.xdsPort, two.serin.xdsPort];
  for (const ports of [
    [first, second],
    [second, first],
  ]) {
    opened(new AckingClient({ id: `edge-${ports[0]}`, ports, traffic }), (part) => part.close());
  }
  return undefined;
}

/** What proxies would send where, with the weights as they are. */
function trafficOf(journal: Journal, isFailing: boolean): Traffic {
  const weights = jsonIn<WeightsJson>(lastOf(journal, weightsKey)) ?? {};
  const guards = jsonIn<GuardStatusJson>(lastOf(journal, guardsKey));
  const isOut = shareOf(weights, canary) === 0 || guards?.latched[canary] !== undefined;
  const toStable = { [stable]: { ok: 40, errors: 0 } };
  if (isOut) return toStable;
  return { ...toStable, [canary]: isFailing ? { ok: 10, errors: 10 } : { ok: 20, errors: 0 } };
}

const lastOf = ({ revisions }: Journal, key: string): string | undefined =>
  revisions.findLast(({ puts, deletes }) => puts.has(key) || deletes.includes(key))?.puts.get(key);

/** The provider of the analysis. */
async function startFigures(figure: () => number, { opened }: Opened): Promise<string> {
  const server = createServer((_request, response) => {
    response.end(JSON.stringify({ value: figure() }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  opened(server, (part) => {
    part.closeAllConnections();
    return new Promise((resolve) => part.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
