import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { type Child, startChild } from "../../src/dev/child.ts";
import { type HttpAnswer, httpGet } from "../../src/dev/readiness.ts";
import { requireBinary, unwrap } from "./binaries.ts";
import { freshFolder } from "./tmp.ts";
import { eventually } from "./wait.ts";

/** A real Envoy with its admin port on loopback. */
export interface Envoy {
  readonly pid: number;
  readonly version: string;
  readonly running: boolean;
  readonly adminPort: number;
  /** Waits for `/ready` to answer 200 (all initial fetches are done). Default 30,000 ms. */
  ready(timeoutMs?: number): Promise<void>;
  /** Port of the active listener of that name; waits for it. Default 10,000 ms. */
  listenerPort(name: string, timeoutMs?: number): Promise<number>;
  /** Names of the active listeners. */
  listeners(): Promise<readonly string[]>;
  /** Answer of `/config_dump?include_eds`, parsed. */
  configDump(): Promise<EnvoyConfigDump>;
  /** Counters and gauges whose names match, by name. */
  stats(filter: RegExp | string): Promise<ReadonlyMap<string, number>>;
  /** Answer of `/clusters?format=json`, parsed. */
  clusters(): Promise<EnvoyClusters>;
  /** Any admin path: status and body. */
  admin(path: string): Promise<HttpAnswer>;
  logs(): string;
  /** TERM, then KILL. */
  stop(): Promise<void>;
  /** KILL, as in a crash. */
  kill(): Promise<void>;
}

export interface EnvoyConfigDump {
  readonly configs: readonly ({ readonly "@type": string } & Readonly<Record<string, unknown>>)[];
}

export interface EnvoyClusters {
  readonly cluster_statuses?: readonly {
    readonly name: string;
    readonly added_via_api?: boolean;
    readonly host_statuses?: readonly {
      readonly address: {
        readonly socket_address?: { readonly address: string; readonly port_value: number };
      };
      readonly health_status: Readonly<Record<string, unknown>>;
      readonly weight: number;
    }[];
  }[];
}

export interface EnvoyOptions {
  /** Object, or YAML or JSON text. Its `admin` is replaced: a free port, found by us. */
  readonly bootstrap: object | string;
  /** Worker threads; default 1. */
  readonly concurrency?: number;
  /** Default warning. */
  readonly logLevel?: "trace" | "debug" | "info" | "warning" | "error";
  /** Further flags. */
  readonly args?: readonly string[];
}

/** Returns once the admin port answers; whether the configuration has come is `ready()`. */
export async function startEnvoy(options: EnvoyOptions): Promise<Envoy> {
  const envoy = await requireBinary("envoy");
  const folder = freshFolder("envoy");
  const adminFile = join(folder, "admin-address");
  const child = unwrap(
    await startChild({
      name: "envoy",
      command: envoy.command,
      args: [
        ...["--config-path", writeBootstrap(folder, options.bootstrap)],
        ...["--admin-address-path", adminFile],
        // Shared memory for hot restarts would let two Envoys of one machine collide.
        ...["--disable-hot-restart", "--use-dynamic-base-id"],
        ...["--concurrency", String(options.concurrency ?? 1)],
        ...["--log-level", options.logLevel ?? "warning"],
        ...(options.args ?? []),
      ],
    }),
  );
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const adminPort = await readAdminPort(child, adminFile);
    return adminClient(child, envoy.version, adminPort, removeFolder);
  } catch (error) {
    await child.kill();
    removeFolder();
    throw error;
  }
}

/** Runs `envoy --mode validate`; the output of Envoy when it refuses. */
export async function validateBootstrap(bootstrap: object | string): Promise<string | undefined> {
  const envoy = await requireBinary("envoy");
  const folder = freshFolder("envoy");
  try {
    const file = writeBootstrap(folder, bootstrap, false);
    const args = ["--mode", "validate", "--disable-hot-restart", "--config-path", file];
    const child = unwrap(await startChild({ name: "envoy", command: envoy.command, args }));
    const exit = await child.exited;
    return exit.code === 0 ? undefined : child.logs();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function writeBootstrap(folder: string, bootstrap: object | string, ownAdmin = true): string {
  const given: unknown = typeof bootstrap === "string" ? parse(bootstrap) : bootstrap;
  const admin = { address: { socket_address: { address: "127.0.0.1", port_value: 0 } } };
  const file = join(folder, "bootstrap.json");
  writeFileSync(file, JSON.stringify(ownAdmin ? { ...(given as object), admin } : given));
  return file;
}

function readAdminPort(child: Child, file: string): Promise<number> {
  return eventually(
    () => {
      if (!child.running) return 0;
      const port = Number(readFileSync(file, "utf8").split(":").at(-1));
      return port > 0 && port;
    },
    { what: "Envoy's admin port", timeoutMs: 30_000 },
  ).then((port) => {
    if (port === 0) throw new Error(`envoy ended at once:\n${child.logs()}`);
    return port;
  });
}

interface ListenerList {
  readonly listener_statuses?: readonly {
    readonly name: string;
    readonly local_address: { readonly socket_address?: { readonly port_value: number } };
  }[];
}

function adminClient(child: Child, version: string, adminPort: number, end: () => void): Envoy {
  const admin = (path: string): Promise<HttpAnswer> =>
    httpGet(`http://127.0.0.1:${adminPort}${path}`);
  const json = async <T>(path: string): Promise<T> => {
    const answer = await admin(path);
    if (answer.status !== 200) throw new Error(`envoy ${path}: ${answer.status} ${answer.body}`);
    return JSON.parse(answer.body) as T;
  };
  const listenerList = async (): Promise<NonNullable<ListenerList["listener_statuses"]>> =>
    (await json<ListenerList>("/listeners?format=json")).listener_statuses ?? [];

  return {
    pid: child.pid,
    version,
    adminPort,
    get running() {
      return child.running;
    },
    ready: async (timeoutMs = 30_000) => {
      unwrap(await child.waitForHttp(`http://127.0.0.1:${adminPort}/ready`, timeoutMs));
    },
    listenerPort: (name, timeoutMs = 10_000) =>
      eventually(
        async () =>
          (await listenerList()).find((listener) => listener.name === name)?.local_address
            .socket_address?.port_value,
        { what: `Envoy's listener ${name}`, timeoutMs },
      ),
    listeners: async () => (await listenerList()).map((listener) => listener.name),
    configDump: () => json<EnvoyConfigDump>("/config_dump?include_eds"),
    stats: async (filter) => {
      const pattern = typeof filter === "string" ? filter : filter.source;
      const answer = await admin(`/stats?filter=${encodeURIComponent(pattern)}`);
      return parseStats(answer.body);
    },
    clusters: () => json<EnvoyClusters>("/clusters?format=json"),
    admin,
    logs: () => child.logs(),
    stop: async () => {
      await child.stop();
      end();
    },
    kill: async () => {
      await child.kill();
      end();
    },
  };
}

/** Lines `name: 12`; histograms and texts are left out. */
function parseStats(text: string): ReadonlyMap<string, number> {
  const stats = new Map<string, number>();
  for (const line of text.split("\n")) {
    const match = /^(\S+): (\d+)$/.exec(line);
    if (match?.[1] !== undefined) stats.set(match[1], Number(match[2]));
  }
  return stats;
}
