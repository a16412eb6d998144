/**
 * `npm run bench`: serin as built and its peers, in turns, over one etcd and under the same load.
 * Prints the tables and writes them into RESULTS.md, in the section of this command.
 */
import { parseArgs } from "node:util";
import { requireBinary } from "../test/support/binaries.ts";
import { soak, stopped } from "./alone.ts";
import type { Cell } from "./cell.ts";
import { compare } from "./compare.ts";
import { envoyRow } from "./envoy-row.ts";
import { writeSection } from "./results-file.ts";
import { type ServerName, serverNames } from "./servers.ts";
import { makeTls } from "./tls.ts";

const options = {
  clusters: { type: "string", default: "100,1000" },
  streams: { type: "string", default: "1000" },
  peers: { type: "string", default: "linear,snapshot" },
  shape: { type: "string", default: "own" },
  proto: { type: "string", default: "delta" },
  rounds: { type: "string", default: "3" },
  only: { type: "string", default: "warm,change,reconnect,churn" },
  changes: { type: "string", default: "20" },
  "churn-for": { type: "string", default: "10" },
  views: { type: "string", default: "50" },
  tls: { type: "boolean", default: false },
  layers: { type: "boolean", default: false },
  scopes: { type: "boolean", default: false },
  /** Minutes; serin alone, with the first of --clusters. */
  soak: { type: "string" },
  rate: { type: "string", default: "10" },
  /** A real Envoy with one listener for --clusters / 2 services. */
  envoy: { type: "boolean", default: false },
  /** Clients that hang; serin alone, with the first of --clusters. */
  stopped: { type: "string" },
} as const;

const args = process.argv.slice(2);
const { values } = parseArgs({ args, options });

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** One of those allowed, or the end of this process. */
function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value);
  if (found !== undefined) return found;
  process.stderr.write(`--${name} ${value}: expected one of ${allowed.join(", ")}\n`);
  process.exit(2);
}

const list = (text: string): readonly string[] => text.split(",").filter((part) => part !== "");

function cells(): readonly Cell[] {
  const phases = ["warm", "change", "reconnect", "churn"] as const;
  return list(values.clusters).map((clusters) => ({
    clusters: Number(clusters),
    streams: Number(values.streams),
    shape: oneOf("shape", values.shape, ["own", "one", "views"]),
    proto: oneOf("proto", values.proto, ["delta", "sotw"]),
    only: list(values.only).map((phase) => oneOf("only", phase, phases)),
    changes: Number(values.changes),
    churnS: Number(values["churn-for"]),
    views: Number(values.views),
    loadFlags: [...(values.layers ? ["--layers"] : []), ...(values.scopes ? ["--scopes"] : [])],
  }));
}

function servers(): readonly ServerName[] {
  const peers = list(values.peers).map((peer) => oneOf("peers", peer, serverNames));
  return ["serin", ...(values.tls ? (["serin-tls"] as const) : []), ...peers];
}

async function run(): Promise<readonly string[]> {
  const [first, ...more] = cells();
  if (first === undefined) throw new Error("--clusters names no size");
  const rounds = Number(values.rounds);
  if (values.soak !== undefined) return soak(first, Number(values.soak), Number(values.rate));
  if (values.stopped !== undefined) return stopped(first, rounds, Number(values.stopped));
  if (values.envoy) return envoyRow([first, ...more], rounds, say);
  const tls = values.tls ? makeTls() : undefined;
  return compare({ cells: [first, ...more], servers: servers(), rounds, tls, say });
}

const startedAt = new Date();
const etcd = await requireBinary("etcd");
const lines = await run();
for (const line of lines) say(line);
writeSection(["npm run bench --", ...args].join(" "), lines, {
  startedAt,
  versions: `etcd ${etcd.version}, go-control-plane v0.14.0, java-control-plane 1.0.49`,
});
