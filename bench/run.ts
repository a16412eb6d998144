/**
 * `npm run bench`: a real etcd, serin as built, and a load process, on loopback. Prints put-to-ACK
 * times and bytes per stream and change. Absolute times are those of the machine: compare ratios
 * of runs made side by side.
 */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { startEtcd } from "../test/support/etcd.ts";
import { etcdHttp } from "../test/support/etcd-http.ts";
import { startSerin } from "../test/support/serin.ts";

const { values } = parseArgs({
  options: {
    clusters: { type: "string", default: "1000" },
    streams: { type: "string", default: "200" },
    changes: { type: "string", default: "30" },
  },
});
const services = Number(values.clusters) / 2;

/** Two versions a service, two endpoints a version, and a weight. */
async function seed(endpoint: string): Promise<void> {
  const etcd = etcdHttp(endpoint);
  const perService = 5;
  await etcd.putMany(services * perService, (index) => {
    const service = `svc-${String(Math.floor(index / perService)).padStart(5, "0")}`;
    const part = index % perService;
    if (part === 4) return [`/serin/weights/${service}`, JSON.stringify({ v1: 90, v2: 10 })];
    const version = part < 2 ? "v1" : "v2";
    const address = `10.0.${part}.1:8000`;
    const value = JSON.stringify({ address, version, weight: 100 });
    return [`/serin/endpoints/${service}/${version}-${part % 2}`, value];
  });
}

/** Processor time of a process so far, ms; of this machine's 10 ms ticks. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

const rssMb = (pid: number): number => {
  const kb = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Math.round(Number(kb) / 1024);
};

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const etcd = await startEtcd();
try {
  await seed(etcd.endpoint);
  const serin = await startSerin({
    store: `etcd://${etcd.endpoint}`,
    args: ["--log-level", "warn"],
  });
  try {
    const before = cpuMs(serin.pid);
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        ...process.execArgv,
        fileURLToPath(new URL("load.ts", import.meta.url)),
        ...["--server", `127.0.0.1:${serin.xdsPort}`, "--etcd", etcd.endpoint],
        ...["--streams", values.streams, "--changes", values.changes],
        ...["--services", String(services)],
      ],
      { timeout: 300_000 },
    );
    const figures = JSON.parse(stdout);
    say(
      `machine: ${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}, etcd ${etcd.version}`,
    );
    say(
      `load:    ${values.clusters} clusters, ${values.streams} delta streams, ${values.changes} changes a kind`,
    );
    say(`warm-up: ${figures.warmMs} ms for all streams, ${figures.warmBytes} bytes a stream`);
    for (const [kind, { putToAckMs, bytesPerStreamAndChange }] of [
      ["endpoint weight (EDS)", figures.endpoint],
      ["split weight (RDS)   ", figures.split],
    ]) {
      const { p50, p99, max } = putToAckMs;
      say(
        `${kind}: put to ACK p50 ${p50} ms, p99 ${p99} ms, max ${max} ms; ${bytesPerStreamAndChange} bytes per stream and change`,
      );
    }
    say(
      `server:  ${cpuMs(serin.pid) - before} ms of CPU for all of it, ${rssMb(serin.pid)} MB resident`,
    );
  } finally {
    await serin.stop();
  }
} finally {
  await etcd.stop();
}
