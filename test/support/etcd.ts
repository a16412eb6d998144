import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { type Child, startChild } from "../../src/dev/child.ts";
import { requireBinary, unwrap } from "./binaries.ts";
import { freePorts } from "./ports.ts";
import { freshFolder } from "./tmp.ts";

/** A real single-member etcd on loopback. */
export interface Etcd {
  /** `127.0.0.1:<port>`. */
  readonly endpoint: string;
  readonly port: number;
  /** Of the process that runs now; changes with `restart`. */
  readonly pid: number;
  readonly dataDir: string;
  readonly version: string;
  readonly running: boolean;
  logs(): string;
  /** SIGKILL, as in a crash; the data stays for `restart`. */
  kill(): Promise<void>;
  /** Ends etcd, if it still runs, and starts it again on the same port and data. */
  restart(): Promise<void>;
  /** Removes the data of an etcd that was killed; `restart` begins with nothing. */
  wipe(): void;
  /** SIGSTOP: connections stay open and nothing answers. */
  pause(): void;
  resume(): void;
  /** Ends etcd and removes the data (unless the caller gave `dataDir`). */
  stop(): Promise<void>;
  /** Runs the real etcdctl against this etcd; stdout, or a throw with its stderr. */
  etcdctl(args: readonly string[], stdin?: string): Promise<string>;
  put(key: string, value: string): Promise<void>;
  get(key: string): Promise<EtcdEntry | undefined>;
  /** Returns the number of keys deleted. */
  del(key: string, options?: { readonly prefix?: boolean }): Promise<number>;
}

export interface EtcdEntry {
  readonly value: string;
  readonly modRevision: number;
  readonly version: number;
  readonly lease: number;
}

export interface EtcdOptions {
  /** Kept at `stop`. Default: a fresh folder, in memory where possible. */
  readonly dataDir?: string;
  readonly port?: number;
  /** Further flags of etcd; they win over ours. */
  readonly args?: readonly string[];
}

const startMs = 30_000;

export async function startEtcd(options: EtcdOptions = {}): Promise<Etcd> {
  const [etcd, etcdctl] = await Promise.all([requireBinary("etcd"), requireBinary("etcdctl")]);
  const dataDir = options.dataDir ?? freshFolder("etcd");
  const { child: first, port, peerPort } = await startOnFreePort(etcd.command, dataDir, options);
  let child = first;
  const endpoint = `127.0.0.1:${port}`;
  const run = (args: readonly string[], stdin?: string): Promise<string> =>
    runEtcdctl(etcdctl.command, endpoint, args, stdin);

  return {
    endpoint,
    port,
    dataDir,
    version: etcd.version,
    get pid() {
      return child.pid;
    },
    get running() {
      return child.running;
    },
    logs: () => child.logs(),
    kill: async () => {
      await child.kill();
    },
    restart: async () => {
      if (child.running) await child.stop();
      child = await startOn(etcd.command, dataDir, port, peerPort, options.args ?? []);
    },
    wipe: () => rmSync(dataDir, { recursive: true, force: true }),
    pause: () => void child.signal("SIGSTOP"),
    resume: () => void child.signal("SIGCONT"),
    stop: async () => {
      await child.stop();
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
    etcdctl: run,
    // By standard input: a value may begin with a dash.
    put: async (key, value) => {
      await run(["put", "--", key], value);
    },
    get: async (key) => entryOf(await run(["get", "-w", "json", "--", key])),
    del: async (key, { prefix = false } = {}) =>
      Number(await run(["del", ...(prefix ? ["--prefix"] : []), "--", key])),
  };
}

async function startOnFreePort(command: string, dataDir: string, options: EtcdOptions) {
  for (let attempt = 1; ; attempt++) {
    const [anyPort = 0, peerPort = 0] = await freePorts(2);
    const port = options.port ?? anyPort;
    try {
      const child = await startOn(command, dataDir, port, peerPort, options.args ?? []);
      return { child, port, peerPort };
    } catch (error) {
      // Another process took the port between our asking and etcd's binding.
      if (attempt === 3 || !String(error).includes("address already in use")) throw error;
    }
  }
}

async function startOn(
  command: string,
  dataDir: string,
  port: number,
  peerPort: number,
  args: readonly string[],
): Promise<Child> {
  const client = `http://127.0.0.1:${port}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  const child = unwrap(
    await startChild({
      name: "etcd",
      command,
      args: [
        ...["--name", "test", "--data-dir", dataDir, "--log-level", "warn"],
        ...["--listen-client-urls", client, "--advertise-client-urls", client],
        ...["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer],
        ...["--initial-cluster", `test=${peer}`],
        // A lone member elects itself after one election timeout: 200 ms instead of 1 s.
        ...["--heartbeat-interval", "20", "--election-timeout", "200"],
        ...args,
      ],
    }),
  );
  const ready = await child.waitForHttp(`${client}/health`, startMs);
  if (!ready.ok) {
    await child.kill();
    throw new Error(ready.error);
  }
  return child;
}

function runEtcdctl(
  command: string,
  endpoint: string,
  args: readonly string[],
  stdin: string | undefined,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env: { ...process.env, ETCDCTL_API: "3" }, timeout: 20_000 };
    const all = ["--endpoints", endpoint, ...args];
    const running = execFile(command, all, options, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      reject(new Error(`etcdctl ${args.join(" ")}: ${stderr.trim() || error.message}`));
    });
    running.stdin?.on("error", () => undefined);
    running.stdin?.end(stdin ?? "");
  });
}

function entryOf(json: string): EtcdEntry | undefined {
  interface Answer {
    readonly kvs?: readonly {
      readonly value?: string;
      readonly mod_revision: number;
      readonly version: number;
      readonly lease?: number;
    }[];
  }
  const entry = (JSON.parse(json) as Answer).kvs?.[0];
  if (entry === undefined) return undefined;
  return {
    value: Buffer.from(entry.value ?? "", "base64").toString(),
    modRevision: entry.mod_revision,
    version: entry.version,
    lease: entry.lease ?? 0,
  };
}
