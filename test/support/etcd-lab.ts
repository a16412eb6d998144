import {
  type EtcdEvent,
  type EtcdOptions,
  type EtcdStore,
  openEtcdStore,
} from "../../src/store/etcd.ts";
import { type Etcd, startEtcd } from "./etcd.ts";
import { type EtcdHttp, etcdHttp } from "./etcd-http.ts";
import { differencesFromEtcd } from "./etcd-oracle.ts";
import { RecordingSink } from "./recording-sink.ts";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

/** A real etcd, a proxy before it, and a store that watches through the proxy. */
export interface EtcdLab {
  readonly etcd: Etcd;
  /** Straight to etcd, past the proxy. */
  readonly http: EtcdHttp;
  readonly proxy: TcpProxy;
  readonly store: EtcdStore;
  readonly sink: RecordingSink;
  readonly events: EtcdEvent[];
  count(kind: EtcdEvent["kind"]): number;
  relists(): readonly string[];
  /** Cuts the connections and lets none in, until `heal`. */
  isolate(): void;
  heal(): void;
  connected(timeoutMs?: number): Promise<void>;
  disconnected(timeoutMs?: number): Promise<void>;
  /** A last write, which must arrive, and then not one difference from etcd may be left. */
  converges(timeoutMs?: number): Promise<void>;
  stop(): Promise<void>;
}

export interface EtcdLabOptions {
  readonly args?: readonly string[];
  readonly store?: Partial<EtcdOptions>;
  /** Runs before the store is opened. */
  readonly prepare?: (http: EtcdHttp) => Promise<void>;
}

export async function startEtcdLab(options: EtcdLabOptions = {}): Promise<EtcdLab> {
  const etcd = await startEtcd({ args: options.args ?? [] });
  const http = etcdHttp(etcd.endpoint);
  await options.prepare?.(http);
  const proxy = await startTcpProxy(etcd.endpoint);
  const events: EtcdEvent[] = [];
  const opened = openEtcdStore({
    hosts: [proxy.endpoint],
    onEvent: (event) => {
      if (event.kind !== "contact") events.push(event);
    },
    ...options.store,
  });
  if (!opened.ok) throw new Error(opened.error);
  const store = opened.value;
  const sink = new RecordingSink();
  store.watch(sink);
  let marks = 0;

  const lab: EtcdLab = {
    etcd,
    http,
    proxy,
    store,
    sink,
    events,
    count: (kind) => events.filter((event) => event.kind === kind).length,
    relists: () => events.flatMap((event) => (event.kind === "relist" ? [event.reason] : [])),
    isolate: () => {
      proxy.refuse(true);
      proxy.cut();
    },
    heal: () => proxy.refuse(false),
    connected: (timeoutMs) =>
      sink.until("contact", () => sink.healths.at(-1)?.connected === true, timeoutMs),
    disconnected: (timeoutMs) =>
      sink.until("loss of contact", () => sink.healths.at(-1)?.connected === false, timeoutMs),
    converges: async (timeoutMs = 15_000) => {
      marks += 1;
      const text = `mark ${marks}`;
      await http.put("/serin/zz-mark", text);
      const arrived = () => sink.text("zz-mark") === text;
      await sink.until(`${text} to arrive`, arrived, timeoutMs);
      const left = await differencesFromEtcd(http, sink.entries);
      if (left.length > 0) throw new Error(`${left.length} differ: ${left.slice(0, 5).join("; ")}`);
      if (sink.breaches.length > 0) throw new Error(sink.breaches.join("; "));
    },
    stop: async () => {
      await store.close();
      await proxy.close();
      await etcd.stop();
    },
  };
  await sink.until("start and contact", () => sink.healths.at(-1)?.connected === true);
  return lab;
}
