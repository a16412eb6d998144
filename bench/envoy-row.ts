/**
 * What one change of weights costs a real Envoy with one listener for all services: bytes received,
 * and CPU of its main thread, which applies configuration. By plain RDS, the layer and scoped routes.
 */
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { envoyBootstrap } from "../src/cli/bootstrap-template.ts";
import { type Envoy, startEnvoy } from "../test/support/envoy.ts";
import { startEtcd } from "../test/support/etcd.ts";
import { startSerin } from "../test/support/serin.ts";
import { type Cell, seed } from "./cell.ts";
import { short, shortSpread, spreadOf } from "./statistics.ts";
import { markdown } from "./tables.ts";

const modes = ["plain", "layer", "scopes"] as const;
type Mode = (typeof modes)[number];

const titles: Readonly<Record<Mode, string>> = {
  plain: "RDS",
  layer: "RTDS layer",
  scopes: "scoped routes",
};

/** Of one change, in the mean of a round. */
interface Cost {
  readonly bytes: number;
  readonly cpuMs: number;
}

const windowMs = 400;
const inRelease = 20;
/** Envoy warms 20,000 clusters for longer than it takes to be ready: it has settled when it rests for so long. */
const restMs = 3_000;
const settleMs = 180_000;
/** Of one second, the main thread of an Envoy that rests takes less. */
const restingMs = 60;
const restingBytes = 2_000;

export async function envoyRow(
  cells: readonly Cell[],
  rounds: number,
  say: (line: string) => void,
): Promise<readonly string[]> {
  const rows: (readonly string[])[] = [];
  for (const cell of cells) {
    const costs = new Map<Mode, Cost[]>(modes.map((mode) => [mode, []]));
    for (let round = 1; round <= rounds; round += 1) {
      for (const mode of modes) {
        costs.get(mode)?.push(await costOf(mode, cell));
        say(`${cell.clusters / 2} services, round ${round}/${rounds}, ${titles[mode]}`);
      }
    }
    for (const mode of modes) rows.push(rowOf(mode, cell, costs));
  }
  return [
    `One listener for all services, ${inRelease} of them in release; per change of weights and Envoy: median (least–most)`,
    "",
    ...markdown(["services", "by", "bytes", "CPU, ms", "bytes to RDS", "CPU to RDS"], rows),
  ];
}

function rowOf(mode: Mode, { clusters }: Cell, costs: ReadonlyMap<Mode, Cost[]>): string[] {
  const own = costs.get(mode) ?? [];
  const plain = costs.get("plain") ?? [];
  const shown = (values: readonly number[]): string => {
    const spread = spreadOf(values);
    return spread === undefined ? "" : shortSpread(spread);
  };
  const ratio = (of: keyof Cost): string =>
    shown(own.map((cost, round) => cost[of] / (plain[round]?.[of] ?? Number.NaN)));
  return [
    short(clusters / 2),
    titles[mode],
    shown(own.map(({ bytes }) => bytes)),
    shown(own.map(({ cpuMs }) => cpuMs)),
    ratio("bytes"),
    ratio("cpuMs"),
  ];
}

async function costOf(mode: Mode, cell: Cell): Promise<Cost> {
  const etcd = await startEtcd();
  try {
    const loadFlags = ["--canaries", ...(mode === "scopes" ? ["--scopes"] : [])];
    await seed({ ...cell, shape: "one", loadFlags }, etcd.endpoint);
    const store = `etcd://${etcd.endpoint}`;
    const serin = await startSerin({ store, args: ["--log-level", "warn"] });
    try {
      const envoy = await startEnvoy({ bootstrap: bootstrapOf(mode, serin.xdsPort) });
      try {
        await envoy.ready(120_000);
        await settled(envoy);
        return await changeWeights(envoy, cell.changes, etcd.put);
      } finally {
        await envoy.stop();
      }
    } finally {
      await serin.stop();
    }
  } finally {
    await etcd.stop();
  }
}

/** The layer is in the bootstraps that serin prints; without it, weights come by RDS. */
function bootstrapOf(mode: Mode, port: number): object {
  const servers = [{ host: "127.0.0.1", port }];
  const whole = envoyBootstrap({ nodeId: "bench", cluster: "bench", servers, mode: "delta" });
  const { layered_runtime: layers, ...plain } = whole;
  // Envoy goes through all counters of all clusters every 5 s, on the thread that is measured.
  const quiet = { ...plain, stats_flush_interval: "299s" };
  return mode === "layer" ? { ...quiet, layered_runtime: layers } : quiet;
}

/** Waits until Envoy is sent nothing any more, and its main thread rests. */
async function settled(envoy: Envoy): Promise<void> {
  const untilMs = performance.now() + settleMs;
  for (let rested = 0; rested < restMs; ) {
    if (performance.now() > untilMs) throw new Error(`Envoy did not settle within ${settleMs} ms`);
    const second = await during(envoy, 1_000, () => Promise.resolve());
    const rests = second.cpuMs < restingMs && second.bytes < restingBytes;
    rested = rests ? rested + 1_000 : 0;
  }
}

/** Changes after one that does not count, each compared to the idle time right before it. */
async function changeWeights(
  envoy: Envoy,
  changes: number,
  put: (key: string, value: string) => Promise<void>,
): Promise<Cost> {
  let [bytes, cpuMs] = [0, 0];
  for (let i = 0; i <= changes; i += 1) {
    const service = `svc-${String(i % inRelease).padStart(5, "0")}`;
    const v1 = 5_000 + i;
    const value = JSON.stringify({ v1, v2: 10_000 - v1 });
    const idle = await during(envoy, windowMs, () => Promise.resolve());
    const used = await during(envoy, windowMs, () => put(`/serin/weights/${service}`, value));
    if (used.bytes === 0) throw new Error("a change did not reach Envoy");
    if (i === 0) continue;
    bytes += used.bytes - idle.bytes;
    cpuMs += used.cpuMs - idle.cpuMs;
  }
  return { bytes: bytes / changes, cpuMs: Math.max(0, cpuMs / changes) };
}

async function during(envoy: Envoy, forMs: number, change: () => Promise<void>): Promise<Cost> {
  // Asking for statistics takes time of the same thread: it stays outside.
  const bytesBefore = await receivedBytes(envoy);
  const cpuBefore = mainThreadMs(envoy.pid);
  await change();
  await pause(forMs);
  const cpuMs = mainThreadMs(envoy.pid) - cpuBefore;
  return { bytes: (await receivedBytes(envoy)) - bytesBefore, cpuMs };
}

const counter = "cluster.serin.upstream_cx_rx_bytes_total";

const receivedBytes = async (envoy: Envoy): Promise<number> =>
  (await envoy.stats(counter)).get(counter) ?? 0;

const mainThreadMs = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "utf8").split(" ")[0]) / 1e6;
