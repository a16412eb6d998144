/** The xDS servers that are measured, each over the same etcd and in a process of its own. */
import { startChild } from "../src/dev/child.ts";
import { unwrap } from "../test/support/binaries.ts";
import { freePort } from "../test/support/ports.ts";
import { startSerin } from "../test/support/serin.ts";
import type { Shape } from "./load.ts";
import { buildGoPeer, buildJavaPeer } from "./programs.ts";
import type { BenchTls } from "./tls.ts";

export const serverNames = ["serin", "serin-tls", "linear", "snapshot", "java"] as const;
export type ServerName = (typeof serverNames)[number];

export interface BenchServer {
  readonly address: string;
  readonly pid: number;
  /** Further flags of the load generator: how to read memory, and how to connect. */
  readonly loadFlags: readonly string[];
  stop(): Promise<void>;
}

/** What the servers are in words, for the report. */
export const serverTitles: Readonly<Record<ServerName, string>> = {
  serin: "serin",
  "serin-tls": "serin, TLS",
  linear: "go-control-plane, LinearCache",
  snapshot: "go-control-plane, SnapshotCache",
  java: "java-control-plane, SimpleCache",
};

const readyMs = 60_000;

export interface Surroundings {
  /** `127.0.0.1:<port>` of etcd. */
  readonly etcd: string;
  readonly shape: Shape;
  readonly tls: BenchTls | undefined;
}

export function startServer(name: ServerName, around: Surroundings): Promise<BenchServer> {
  if (name === "serin" || name === "serin-tls") return startOurs(name, around);
  return name === "java" ? startJava(around) : startGo(name, around);
}

async function startOurs(name: ServerName, { etcd, tls }: Surroundings): Promise<BenchServer> {
  if (name === "serin-tls" && tls === undefined) throw new Error("no certificates were made");
  const secure = name === "serin-tls" ? tls : undefined;
  const serin = await startSerin({
    store: `etcd://${etcd}`,
    args: ["--log-level", "warn", ...(secure?.serverFlags ?? [])],
  });
  return {
    address: `127.0.0.1:${serin.xdsPort}`,
    pid: serin.pid,
    loadFlags: secure?.loadFlags ?? [],
    stop: async () => {
      const logs = serin.logs();
      await serin.stop();
      if (/"level":(50|60)/.test(logs)) throw new Error(`serin logged errors:\n${logs}`);
    },
  };
}

async function startGo(cache: string, { etcd, shape }: Surroundings): Promise<BenchServer> {
  const port = await freePort();
  const args = ["--port", String(port), "--etcd", etcd, "--cache", cache, "--shape", ofPeer(shape)];
  return startPeer(`peer-go ${cache}`, await buildGoPeer(), args, port, ["--gc-signal"]);
}

async function startJava({ etcd, shape }: Surroundings): Promise<BenchServer> {
  const port = await freePort();
  const args = ["-cp", await buildJavaPeer(), "Peer", String(port), etcd, ofPeer(shape)];
  return startPeer("peer-java", "java", args, port, []);
}

/** Peers have one view: that of each node cluster of `views`. */
const ofPeer = (shape: Shape): string => (shape === "one" ? "one" : "own");

async function startPeer(
  name: string,
  command: string,
  args: readonly string[],
  port: number,
  loadFlags: readonly string[],
): Promise<BenchServer> {
  const child = unwrap(await startChild({ name, command, args }));
  unwrap(await child.waitForLine(/^ready/, readyMs));
  return {
    address: `127.0.0.1:${port}`,
    pid: child.pid,
    loadFlags,
    stop: async () => {
      await child.stop();
    },
  };
}
