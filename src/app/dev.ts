/**
 * `serin dev`: everything on this machine. An embedded store, two versions of a demo service, a
 * real Envoy that gets all it knows from serin, and a canary that moves while one looks.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { envoyBootstrapYaml } from "../cli/bootstrap-text.ts";
import { type Backend, startBackend } from "../dev/backend.ts";
import { findEnvoy } from "../dev/binaries.ts";
import { type Child, startChild } from "../dev/child.ts";
import { splitLine } from "../dev/split-line.ts";
import { startTraffic } from "../dev/traffic.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { createLogger } from "../observe/log.ts";
import { createMetrics } from "../observe/metrics.ts";
import { MemoryStore } from "../store/memory.ts";
import type { Store } from "../store/store.ts";
import { type RunningServer, startOver } from "./serve.ts";

export interface DevOptions {
  /** Where Envoy listens; another free port where it is taken. */
  readonly port: number;
  /** Seconds between two steps of the canary. */
  readonly stepSeconds: number;
  /** Ends by itself after so many steps; undefined: goes on until Ctrl-C. */
  readonly steps: number | undefined;
  say(line: string): void;
}

const service = "web";
const weightsKey = `weights/${service}`;

/** The path of a release, over and over. */
const path = [
  { v1: 100, v2: 0 },
  { v1: 90, v2: 10 },
  { v1: 50, v2: 50 },
  { v1: 0, v2: 100 },
] as const;

/** Runs until Ctrl-C or the last step; returns the exit code. */
export async function dev(options: DevOptions): Promise<number> {
  const stop = new Promise<void>((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
  });
  options.say("serin dev: looking for an Envoy (the first time it is downloaded: 37 MB)");
  const scene = await openScene(options);
  if (!scene.ok) {
    options.say(scene.error);
    return 1;
  }
  try {
    await play(scene.value, options, stop);
  } finally {
    await scene.value.close();
  }
  return 0;
}

interface Scene {
  readonly store: Store;
  readonly server: RunningServer;
  readonly envoy: Child;
  readonly port: number;
  close(): Promise<void>;
}

async function openScene(options: DevOptions): Promise<Result<Scene, string>> {
  const found = await findEnvoy();
  if (!found.ok) return found;
  const port = await portOr(options.port);
  const backends = await Promise.all([
    startBackend({ version: "v1" }),
    startBackend({ version: "v2" }),
  ]);
  const store = new MemoryStore();
  await seed(store, backends);
  const folder = mkdtempSync(join(tmpdir(), "serin-dev-"));
  const closers: (() => unknown)[] = [
    () => rmSync(folder, { recursive: true, force: true }),
    ...backends.map((backend) => () => backend.close()),
  ];
  const close = async (): Promise<void> => {
    for (const closer of closers.toReversed()) await closer();
  };
  const server = await startOver(
    store,
    {
      xdsListen: { host: "127.0.0.1", port: await portOr(18_000) },
      adminListen: { host: "127.0.0.1", port: await portOr(18_001) },
      defaultGateway: { host: "127.0.0.1", port },
    },
    { logger: createLogger({ level: "warn" }), metrics: createMetrics() },
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
  return ok({ store, server: server.value, envoy: envoy.value, port, close });
}

async function seed(store: Store, backends: readonly Backend[]): Promise<void> {
  for (const { version, port } of backends) {
    await put(store, `endpoints/${service}/${version}`, { address: `127.0.0.1:${port}`, version });
  }
  await put(store, weightsKey, path[0]);
}

async function put(store: Store, key: string, value: unknown): Promise<void> {
  const bytes = Buffer.from(JSON.stringify(value));
  await store.transact({ compare: [], writes: [{ kind: "put", key, value: bytes }] });
}

async function startEnvoy(
  binary: { readonly command: string; readonly args: readonly string[] },
  scene: { readonly folder: string; readonly server: RunningServer; readonly port: number },
): Promise<Result<Child, string>> {
  const file = join(scene.folder, "envoy.yaml");
  const bootstrap = {
    nodeId: "dev",
    cluster: "dev",
    mode: "delta",
    servers: [scene.server.xds],
    adminPort: await portOr(9_901),
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

/** Moves the canary along its path until somebody else takes the weight in hand. */
async function play(scene: Scene, options: DevOptions, stop: Promise<void>): Promise<void> {
  const { say } = options;
  const { admin } = scene.server;
  say(`
  Envoy listens:   curl -H 'Host: ${service}' http://127.0.0.1:${scene.port}/
  turn the weight: npx serin weight set ${service} v1=50 v2=50 --wait --admin http://127.0.0.1:${admin.port}
  what runs where: npx serin status --admin http://127.0.0.1:${admin.port}
  stop:            Ctrl-C

The canary moves by itself until you turn the weight.
`);
  const traffic = startTraffic({
    port: scene.port,
    host: service,
    perSecond: 50,
    onSecond: (second) => {
      void currentWeights(scene.store).then((weights) => say(splitLine(weights, second)));
    },
  });
  const walk = new Walk(scene.store);
  const everyMs = options.stepSeconds * 1_000;
  let taken = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      taken += 1;
      if (options.steps !== undefined && taken >= options.steps) resolve();
      else void walk.step().then((moved) => !moved && clearInterval(timer));
    }, everyMs);
    void stop.then(resolve);
    void scene.envoy.exited.then(({ code }) => {
      if (code !== null && code !== 0) say(`envoy ended with ${code}:\n${scene.envoy.logs()}`);
      resolve();
    });
    void Promise.race([stop, scene.envoy.exited]).then(() => clearInterval(timer));
  });
  traffic.stop();
}

async function currentWeights(store: Store): Promise<string> {
  const read = await store.get(weightsKey);
  if (!read.ok || read.value === undefined) return "by tags";
  const weights: unknown = JSON.parse(Buffer.from(read.value.value).toString());
  return Object.entries(Object(weights))
    .map(([subset, weight]) => `${subset}=${weight}`)
    .join(" ");
}

/** Writes the next weights, as long as nobody else wrote in between. */
class Walk {
  readonly #store: Store;
  #index = 0;
  #revision: bigint | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  /** False when somebody else has taken over. */
  async step(): Promise<boolean> {
    const read = await this.#store.get(weightsKey);
    const modRevision = read.ok ? (read.value?.modRevision ?? 0n) : 0n;
    if (this.#revision !== undefined && modRevision !== this.#revision) return false;
    this.#index = (this.#index + 1) % path.length;
    const value = Buffer.from(JSON.stringify(path[this.#index]));
    const done = await this.#store.transact({
      compare: [{ key: weightsKey, modRevision }],
      writes: [{ kind: "put", key: weightsKey, value }],
    });
    if (!done.ok || !done.value.committed) return false;
    this.#revision = done.value.revision;
    return true;
  }
}

/** `wanted` if it is free, else any free port. */
function portOr(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", () =>
      wanted === 0 ? reject(new Error("no free port")) : resolve(portOr(0)),
    );
    probe.listen(wanted, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : wanted;
      probe.close(() => resolve(port));
    });
  });
}
