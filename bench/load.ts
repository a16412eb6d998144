/**
 * The load process: N simulated Envoys against one server, changes put into etcd one at a time.
 * Prints one JSON line. It runs apart from the server, so that each has its own CPU account.
 */
import { parseArgs } from "node:util";
import { typeUrls } from "../src/snapshot/type-url.ts";
import { etcdHttp } from "../test/support/etcd-http.ts";
import { type BenchProxy, openProxy } from "./proxy.ts";

const { values } = parseArgs({
  options: {
    server: { type: "string", default: "" },
    etcd: { type: "string", default: "" },
    streams: { type: "string", default: "200" },
    services: { type: "string", default: "500" },
    changes: { type: "string", default: "30" },
  },
});
const streams = Number(values.streams);
const services = Number(values.services);
const changes = Number(values.changes);
const etcd = etcdHttp(values.etcd);
const waitMs = 60_000;

interface Figures {
  readonly putToAckMs: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly bytesPerStreamAndChange: number;
}

/** Puts `changes` changes of one kind, each after the last one has arrived everywhere. */
async function measure(
  proxies: readonly BenchProxy[],
  typeUrl: string,
  put: (round: number) => Promise<unknown>,
): Promise<Figures> {
  const delays: number[] = [];
  let bytes = 0;
  for (let round = 0; round < changes; round += 1) {
    const arrivals = proxies.map(
      (proxy) =>
        new Promise<number>((resolve, reject) => {
          const timer = setTimeout(() => reject(new Error("a change did not arrive")), waitMs);
          proxy.onReceipt((receipt) => {
            bytes += receipt.bytes;
            if (receipt.typeUrl !== typeUrl) return;
            clearTimeout(timer);
            resolve(receipt.atMs);
          });
        }),
    );
    const startMs = performance.now();
    await put(round);
    for (const atMs of await Promise.all(arrivals)) delays.push(atMs - startMs);
  }
  delays.sort((a, b) => a - b);
  const quantile = (q: number): number => round(delays[Math.ceil(q * delays.length) - 1] ?? 0);
  return {
    putToAckMs: { p50: quantile(0.5), p99: quantile(0.99), max: quantile(1) },
    bytesPerStreamAndChange: Math.round(bytes / (changes * streams)),
  };
}

const round = (value: number): number => Math.round(value * 10) / 10;
const serviceName = (index: number): string => `svc-${String(index).padStart(5, "0")}`;

const startMs = performance.now();
const proxies = Array.from({ length: streams }, (_, index) =>
  openProxy(values.server, `bench-${index}`),
);
await Promise.all(proxies.map(({ warm }) => warm));
const warmMs = round(performance.now() - startMs);
const warmBytes = Math.round(proxies.reduce((sum, { bytes }) => sum + bytes, 0) / streams);

const endpoint = await measure(proxies, typeUrls.endpoint, (change) =>
  etcd.put(
    `/serin/endpoints/${serviceName(change % services)}/v1-0`,
    JSON.stringify({ address: "10.0.0.1:8000", version: "v1", weight: 1 + change }),
  ),
);
const split = await measure(proxies, typeUrls.route, (change) =>
  etcd.put(
    `/serin/weights/${serviceName(change % services)}`,
    JSON.stringify({ v1: 50 + change, v2: 50 }),
  ),
);
for (const proxy of proxies) proxy.close();
process.stdout.write(`${JSON.stringify({ warmMs, warmBytes, endpoint, split })}\n`);
