import { envoyBootstrap } from "../../src/cli/bootstrap-template.ts";
import { type Backend, startBackend } from "../../src/dev/backend.ts";
import { type Envoy, startEnvoy } from "./envoy.ts";
import { type Etcd, startEtcd } from "./etcd.ts";
import { openedParts } from "./opened.ts";
import { freePort } from "./ports.ts";
import { type Serin, startSerin } from "./serin.ts";

/** Real etcd, real serin, real Envoy and two versions of a service `web`, tied together. */
export interface Scene {
  readonly etcd: Etcd;
  readonly servers: readonly Serin[];
  readonly envoy: Envoy;
  readonly v1: Backend;
  readonly v2: Backend;
  /** Port on which Envoy listens; requests need the header `host: web`. */
  readonly port: number;
  /** `etcdctl put /serin/<key>`; returns the revision. */
  put(key: string, value: unknown): Promise<number>;
  /** Puts, and waits until the proxies of every running server have applied it. */
  apply(key: string, value: unknown): Promise<void>;
  /** Deletes, and waits likewise. */
  remove(key: string): Promise<void>;
  stop(): Promise<void>;
}

export interface SceneOptions {
  readonly variant: "delta" | "sotw";
  /** Default 1. */
  readonly servers?: number;
  /** Where serin finds etcd; default: etcd itself. */
  store?(etcd: Etcd): Promise<string> | string;
  readonly serinArgs?: readonly string[];
  /** Changes the bootstrap of Envoy. */
  bootstrap?(plain: object, servers: readonly Serin[]): Promise<object> | object;
}

export async function startScene(options: SceneOptions): Promise<Scene> {
  const { opened, stop } = openedParts();
  try {
    const etcd = opened(await startEtcd(), (part) => part.stop());
    const v1 = opened(await startBackend({ version: "v1" }), (part) => part.close());
    const v2 = opened(await startBackend({ version: "v2" }), (part) => part.close());
    const put = async (key: string, value: unknown): Promise<number> => {
      await etcd.put(`/serin/${key}`, JSON.stringify(value));
      return (await etcd.get(`/serin/${key}`))?.modRevision ?? 0;
    };
    await put("endpoints/web/a", { address: `127.0.0.1:${v1.port}`, version: "v1" });
    await put("endpoints/web/b", { address: `127.0.0.1:${v2.port}`, version: "v2" });
    await put("weights/web", { v1: 90, v2: 10 });
    const store = (await options.store?.(etcd)) ?? `etcd://${etcd.endpoint}`;
    const gatewayPort = await freePort();
    const servers: Serin[] = [];
    for (let count = 0; count < (options.servers ?? 1); count += 1) {
      const args = options.serinArgs ?? [];
      servers.push(opened(await startSerin({ store, gatewayPort, args }), (part) => part.stop()));
    }
    const plain = envoyBootstrap({
      nodeId: "edge-1",
      cluster: "edge",
      mode: options.variant,
      servers: servers.map(({ xdsPort }) => ({ host: "127.0.0.1", port: xdsPort })),
    });
    const bootstrap = (await options.bootstrap?.(plain, servers)) ?? plain;
    const envoy = opened(await startEnvoy({ bootstrap }), (part) => part.stop());
    await envoy.ready();
    const port = await envoy.listenerPort("default/http");
    const applied = async (revision: number): Promise<void> => {
      for (const server of servers) if (server.running) await server.applied(revision);
    };
    const apply = async (key: string, value: unknown): Promise<void> =>
      applied(await put(key, value));
    const remove = async (key: string): Promise<void> => {
      await etcd.del(`/serin/${key}`);
      // The deletion itself has no key to read its revision from; this write comes after it.
      await applied(await put("status/test", Date.now()));
    };
    return { etcd, servers, envoy, v1, v2, port, put, apply, remove, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
