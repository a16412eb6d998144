/** serin in this process over the memory store, and a real Envoy on it; for Envoy's own resources. */
import { App, type BuiltEvent } from "../../src/app/app.ts";
import { shownResource } from "../../src/app/shown-resource.ts";
import { envoyBootstrap } from "../../src/cli/bootstrap-template.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { silentObserver } from "../../src/xds/observer.ts";
import { unwrap } from "./binaries.ts";
import { type Envoy, startEnvoy } from "./envoy.ts";
import { eventually } from "./wait.ts";

export type RawContent = Readonly<Record<string, object | undefined>>;

export interface RawLab {
  readonly app: App;
  readonly xdsPort: number;
  readonly envoy: Envoy;
  /** Writes in one transaction, undefined deletes. */
  put(content: RawContent): Promise<void>;
  stop(): Promise<void>;
}

export interface RawLabOptions {
  readonly variant: "delta" | "sotw";
  readonly content: RawContent;
  /** Further fields of Envoy's bootstrap. */
  readonly bootstrap?: object;
}

const bytesOf = (value: object): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** The node is `edge-1` of the cluster `edge`; there is no built-in gateway. */
export async function startRawLab(options: RawLabOptions): Promise<RawLab> {
  const seed = new Map(
    Object.entries(options.content).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, bytesOf(value)] as const],
    ),
  );
  const store = new MemoryStore({ clock: systemClock, seed });
  const builds: BuiltEvent[] = [];
  const app = new App({
    store,
    clock: systemClock,
    version: "test",
    controlPlane: "serin test",
    defaultGateway: undefined,
    observer: {
      ...silentObserver,
      storeHealth: () => undefined,
      built: (event) => builds.push(event),
    },
  });
  await app.started;
  const clientStatus = { readers: "loopback", show: shownResource } as const;
  const server = unwrap(await app.xds.listen({ host: "127.0.0.1", port: 0 }, { clientStatus }));
  const stopServer = async (): Promise<void> => {
    app.xds.close();
    await app.close();
    await store.close();
  };
  const bootstrap = {
    ...envoyBootstrap({
      nodeId: "edge-1",
      cluster: "edge",
      mode: options.variant,
      servers: [server],
    }),
    ...options.bootstrap,
  };
  try {
    const envoy = await startEnvoy({ bootstrap });
    await envoy.ready();
    return {
      app,
      xdsPort: server.port,
      envoy,
      put: async (content) => {
        const before = builds.length;
        const writes = Object.entries(content).map(([key, value]) =>
          value === undefined
            ? ({ kind: "delete", key } as const)
            : ({ kind: "put", key, value: bytesOf(value) } as const),
        );
        const outcome = await store.transact({ compare: [], writes });
        if (!outcome.ok || !outcome.value.committed) throw new Error("the transaction failed");
        await eventually(() => builds.length > before, { what: "the build" });
      },
      stop: async () => {
        await envoy.stop();
        await stopServer();
      },
    };
  } catch (error) {
    await stopServer();
    throw error;
  }
}
