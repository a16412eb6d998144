import { fileURLToPath } from "node:url";
import { membersFolder } from "../../src/app/replica-folders.ts";
import { type Child, type ChildExit, startChild } from "../../src/dev/child.ts";
import { unwrap } from "./binaries.ts";
import type { Etcd } from "./etcd.ts";
import { freePorts } from "./ports.ts";
import { eventually } from "./wait.ts";

/** The product as built (`dist/main.js serve`), in a process of its own. */
export interface Serin {
  readonly pid: number;
  readonly running: boolean;
  /** What other replicas call it. */
  readonly replica: string;
  readonly xdsPort: number;
  readonly adminPort: number;
  /** Port of the default gateway, on which proxies listen. */
  readonly gatewayPort: number;
  /** GET on the admin port; throws unless it answers 200. */
  api<T>(path: string): Promise<T>;
  /** Status of a GET on the admin port; 0 when it does not answer. */
  status(path: string): Promise<number>;
  /** Waits until every connected proxy has applied `revision`; those of one that died, until it is forgotten. */
  applied(revision: number | bigint, timeoutMs?: number): Promise<void>;
  proxies(): Promise<readonly ProxyReport[]>;
  logs(): string;
  /** TERM: drains. */
  stop(): Promise<ChildExit>;
  /** KILL, as in a crash. Waits at other replicas are for its proxies from then on: `forget`. */
  kill(): Promise<void>;
}

/** The part of `/v1/proxies` that tests look at. */
export interface ProxyReport {
  readonly node: string;
  readonly variant: "sotw" | "delta";
  readonly types: readonly {
    readonly type: string;
    readonly status: string;
    readonly versionAcked?: string;
    readonly nack?: { readonly message: string };
  }[];
}

export interface SerinOptions {
  /** `etcd://…` */
  readonly store: string;
  readonly gatewayPort?: number;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Of one that ran before, and that this one stands in for. Default: free ones. */
  readonly ports?: { readonly xdsPort: number; readonly adminPort: number };
  /** Default: waits until proxies can connect. */
  readonly waitReady?: boolean;
}

/** Says to the others that this one is dead, as runbook.md has it. */
export async function forget(server: Pick<Serin, "replica">, etcd: Etcd): Promise<void> {
  const deleted = await etcd.del(`/serin/${membersFolder}${server.replica}`);
  if (deleted !== 1) throw new Error(`${server.replica} is not among the replicas`);
}

const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const readyMs = 20_000;

export async function startSerin(options: SerinOptions): Promise<Serin> {
  const [freeXds = 0, freeAdmin = 0, freeGateway = 0] = await freePorts(3);
  const { xdsPort, adminPort } = options.ports ?? { xdsPort: freeXds, adminPort: freeAdmin };
  const gatewayPort = options.gatewayPort ?? freeGateway;
  const args = [
    main,
    "serve",
    ...["--store", options.store],
    ...["--xds-listen", `127.0.0.1:${xdsPort}`],
    ...["--admin-listen", `127.0.0.1:${adminPort}`],
    ...["--default-gateway", `127.0.0.1:${gatewayPort}`],
    ...(options.args ?? []),
  ];
  const started = await startChild({
    name: "serin",
    command: process.execPath,
    args,
    ...(options.env && { env: options.env }),
  });
  const serin = wrap(unwrap(started), { xdsPort, adminPort, gatewayPort });
  if (options.waitReady ?? true) {
    await eventually(
      () => {
        if (!serin.running) throw new Error(serin.logs());
        return isReady(serin);
      },
      { what: "serin to be ready", timeoutMs: readyMs },
    );
  }
  return serin;
}

const isReady = async (serin: Serin): Promise<boolean> => (await serin.status("/readyz")) === 200;

function wrap(
  child: Child,
  ports: { readonly xdsPort: number; readonly adminPort: number; readonly gatewayPort: number },
): Serin {
  const url = (path: string): string => `http://127.0.0.1:${ports.adminPort}${path}`;
  const api = async <T>(path: string): Promise<T> => {
    const response = await fetch(url(path));
    const text = await response.text();
    if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  };
  return {
    ...ports,
    pid: child.pid,
    get running() {
      return child.running;
    },
    get replica() {
      return /"replica":"([^"]+)"/.exec(child.logs())?.[1] ?? "";
    },
    api,
    status: (path) =>
      fetch(url(path)).then(
        (response) => response.status,
        () => 0,
      ),
    applied: async (revision, timeoutMs = 20_000) => {
      await api(`/v1/wait?revision=${revision}&timeoutMs=${timeoutMs}`);
    },
    proxies: () => api("/v1/proxies"),
    logs: child.logs,
    stop: () => child.stop(),
    kill: async () => {
      await child.kill();
    },
  };
}
