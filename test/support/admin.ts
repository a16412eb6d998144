import pino from "pino";
import { onTestFinished } from "vitest";
import { Access } from "../../src/admin/access/access.ts";
import type { Token } from "../../src/admin/access/token.ts";
import { startAdminServer } from "../../src/admin/server.ts";
import { App } from "../../src/app/app.ts";
import { type Clock, systemClock } from "../../src/lib/clock.ts";
import { createMetrics, type Metrics } from "../../src/observe/metrics.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/store.ts";
import { builtInGateway } from "../../src/translate/gateway/built-in-gateway.ts";
import { silentObserver } from "../../src/xds/observer.ts";
import { unwrap } from "./binaries.ts";

/** The whole server but for its xDS port, with the admin API on a free port. */
export interface AdminLab {
  readonly app: App;
  readonly store: Store;
  readonly metrics: Metrics;
  readonly url: string;
  get(path: string): Promise<Answer>;
  put(path: string, body: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  del(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** Writes an object and returns the store's revision. */
  write(key: string, value: object): Promise<bigint>;
  /** Fails where an answer was not as the contract has it. */
  close(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of any shape
  readonly json: any;
  readonly headers: Headers;
}

/** Two versions of one service. */
export const webObjects = {
  "endpoints/web/a": { address: "127.0.0.1:8081", version: "v1" },
  "endpoints/web/b": { address: "127.0.0.1:8082", version: "v2" },
  "weights/web": { v1: 90, v2: 10 },
} as const;

export interface AdminLabOptions {
  readonly objects?: Readonly<Record<string, object>>;
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /** Who may ask; default: everybody. */
  readonly tokens?: readonly Token[];
  readonly clock?: Clock;
  /** Is given each line of the log. */
  log?(line: string): void;
  readonly store?: Store;
  /** Of the built-in gateway; default 10,000, at which nothing listens without a proxy. */
  readonly gatewayPort?: number;
}

export async function adminLab(options: AdminLabOptions = {}): Promise<AdminLab> {
  const { objects = webObjects, host = "127.0.0.1", gatewayPort = 10_000 } = options;
  const seed = new Map(
    Object.entries(objects).map(([key, value]) => [key, Buffer.from(JSON.stringify(value))]),
  );
  const store = options.store ?? new MemoryStore({ seed });
  const app = new App({
    store,
    clock: systemClock,
    version: "0.0.0-test",
    controlPlane: "serin/test",
    defaultGateway: builtInGateway({ host: "127.0.0.1", port: gatewayPort }),
    observer: { ...silentObserver, storeHealth: () => undefined, built: () => undefined },
  });
  const metrics = createMetrics();
  const logger = pino(
    { level: options.log === undefined ? "silent" : "info" },
    { write: (line) => options.log?.(line) },
  );
  const { clock = systemClock } = options;
  const access = new Access({ tokens: () => options.tokens, clock, logger, metrics });
  const port = { listen: { host, port: 0 }, access, tls: undefined };
  const broken: string[] = [];
  const server = unwrap(
    await startAdminServer(app, port, metrics, logger, (what) => broken.push(what)),
  );
  const url = `http://127.0.0.1:${server.address.port}`;
  return {
    app,
    store,
    metrics,
    url,
    get: (path) => ask(url + path, {}),
    put: (path, body, headers = {}) => ask(url + path, { method: "PUT", body, headers }),
    del: (path, headers = {}) => ask(url + path, { method: "DELETE", headers }),
    async write(key, value) {
      const bytes = Buffer.from(JSON.stringify(value));
      const writes = [{ kind: "put", key, value: bytes }] as const;
      const outcome = await store.transact({ compare: [], writes });
      if (!outcome.ok) throw new Error(outcome.error.message);
      return outcome.value.revision;
    },
    async close() {
      await server.close();
      await app.close();
      await store.close();
      app.hub.close();
      if (broken.length > 0) throw new Error(`not as the contract has it:\n${broken.join("\n")}`);
    },
  };
}

/** One that has read its store, and is closed when the test is over that began it. */
export async function startedLab(options?: AdminLabOptions): Promise<AdminLab> {
  const lab = await adminLab(options);
  onTestFinished(() => lab.close());
  await lab.app.started;
  return lab;
}

async function ask(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  const text = await response.text();
  const type = response.headers.get("content-type") ?? "";
  const json: unknown = type.includes("json") ? JSON.parse(text) : undefined;
  return { status: response.status, type, text, json, headers: response.headers };
}
