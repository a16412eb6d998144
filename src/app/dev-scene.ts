/** The parts that `serin dev` starts, and that end with it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { envoyBootstrapYaml } from "../cli/bootstrap-text.ts";
import { takesStatSink } from "../cli/stat-sink.ts";
import { startAlertReceiver } from "../dev/alert-receiver.ts";
import { type Backend, startBackend } from "../dev/backend.ts";
import { type FoundBinary, findEnvoy } from "../dev/binaries.ts";
import { type Child, startChild } from "../dev/child.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { createLogger } from "../observe/log.ts";
import { createMetrics } from "../observe/metrics.ts";
import { MemoryStore } from "../store/memory.ts";
import type { Store } from "../store/store.ts";
import { choosePort, portOr } from "./dev-port.ts";
import { type RunningServer, startOver } from "./serve.ts";

export const demoService = "web";

/** Where its Envoy listens, and whether another port will not do. */
export interface Wanted {
  readonly port: number;
  readonly fixedPort: boolean;
  say(line: string): void;
}

export interface Scene {
  readonly store: Store;
  readonly backends: readonly Backend[];
  /** Where alerts go, so that `say` tells them. */
  readonly alertUrl: string;
  readonly server: RunningServer;
  readonly envoy: Child;
  readonly port: number;
  close(): Promise<void>;
}

/** The name of the gateway, and of the cluster of nodes that it selects. */
const devName = "dev";

/** Backends, store, server and Envoy, or the reason why one of them cannot be had. */
export async function openScene({
  port: wanted,
  fixedPort,
  say,
}: Wanted): Promise<Result<Scene, string>> {
  const chosen = await choosePort(wanted, fixedPort);
  if (!chosen.ok) return chosen;
  const { port, note } = chosen.value;
  if (note !== undefined) say(note);
  const found = await findEnvoy();
  if (!found.ok) return found;
  const backends = [
    await startBackend({ version: "v1", port: await portOr(8_081) }),
    await startBackend({ version: "v2", port: await portOr(8_082) }),
  ] as const;
  const alerts = await startAlertReceiver(say);
  const store = new MemoryStore();
  await seed(store, backends, port);
  const folder = mkdtempSync(join(tmpdir(), "serin-dev-"));
  const closers: (() => unknown)[] = [
    () => rmSync(folder, { recursive: true, force: true }),
    ...backends.map((backend) => () => backend.close()),
    () => alerts.close(),
  ];
  const close = async (): Promise<void> => {
    for (const closer of closers.toReversed()) await closer();
  };
  const server = await startOver(
    store,
    {
      xdsListen: { host: "127.0.0.1", port: await portOr(18_000) },
      csds: "loopback",
      adminListen: { host: "127.0.0.1", port: await portOr(18_001) },
      // An Envoy of somebody else that finds this server gets no listener.
      defaultGateway: undefined,
    },
    {
      logger: createLogger({ level: "warn" }),
      metrics: createMetrics(),
      stop: new AbortController().signal,
    },
  );
  if (!server.ok) {
    await close();
    return server;
  }
  closers.push(() => server.value.drain());
  const envoy = await startEnvoy(found.value, { folder, server: server.value, port });
  if (!envoy.ok) {
    await close();
    return envoy;
  }
  closers.push(() => envoy.value.stop());
  const { url: alertUrl } = alerts;
  return ok({ store, backends, alertUrl, server: server.value, envoy: envoy.value, port, close });
}

async function seed(store: Store, backends: readonly Backend[], port: number): Promise<void> {
  await put(store, `gateways/${devName}`, {
    nodeSelector: { cluster: devName },
    listeners: [{ name: "http", port, address: "127.0.0.1" }],
  });
  for (const { version, port } of backends) {
    await put(store, `endpoints/${demoService}/${version}`, {
      address: `127.0.0.1:${port}`,
      version,
    });
  }
  await put(store, `weights/${demoService}`, { v1: 100, v2: 0 });
}

async function put(store: Store, key: string, value: unknown): Promise<void> {
  const bytes = Buffer.from(JSON.stringify(value));
  await store.transact({ compare: [], writes: [{ kind: "put", key, value: bytes }] });
}

async function startEnvoy(
  binary: FoundBinary,
  scene: { readonly folder: string; readonly server: RunningServer; readonly port: number },
): Promise<Result<Child, string>> {
  const file = join(scene.folder, "envoy.yaml");
  const bootstrap = {
    nodeId: devName,
    cluster: devName,
    mode: "delta",
    servers: [scene.server.xds],
    adminPort: await portOr(9_901),
    latency: takesStatSink(binary.version),
  } as const;
  writeFileSync(file, envoyBootstrapYaml(bootstrap));
  const args = [
    "-c",
    file,
    "--use-dynamic-base-id",
    "--concurrency",
    "1",
    "--log-level",
    "warning",
  ];
  const envoy = await startChild({
    name: "envoy",
    command: binary.command,
    args: [...binary.args, ...args],
  });
  if (!envoy.ok) return envoy;
  const ready = await envoy.value.waitForPort("127.0.0.1", scene.port, 20_000);
  if (ready.ok) return envoy;
  await envoy.value.stop();
  return err(ready.error);
}
