/**
 * `npm run replay:record [fixture…]`: real proxies against a serin in this process, through a scene,
 * written down as fixtures for the replay test. Needs what the integration tests need.
 */
import { writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { startOver } from "../../src/app/serve.ts";
import { envoyBootstrap, grpcBootstrap, xdsClusterName } from "../../src/cli/bootstrap-template.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { createLogger } from "../../src/observe/log.ts";
import { createMetrics } from "../../src/observe/metrics.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/store.ts";
import { unwrap } from "../support/binaries.ts";
import { startEnvoy } from "../support/envoy.ts";
import { startGrpcClient } from "../support/grpc-client.ts";
import { languages } from "../support/grpc-client-build.ts";
import { openedParts } from "../support/opened.ts";
import { freePorts } from "../support/ports.ts";
import { type EventLine, fixturePath, type HeadLine, type StepLine } from "./fixture.ts";
import { type Content, type SceneName, type Step, sceneOf } from "./scenes.ts";
import { Tap } from "./tap.ts";

interface Recording {
  readonly name: string;
  readonly scene: SceneName;
  /** Starts the proxy against a server on that port; tells its name and version. */
  start(port: number): Promise<{ readonly proxy: string; stop(): Promise<void> }>;
}

const node = { nodeId: "recorded", cluster: "test" };

const envoyRecordings = (["sotw", "delta"] as const).flatMap((mode): readonly Recording[] => {
  const aggregated = (port: number): object =>
    envoyBootstrap({ ...node, mode, servers: [{ host: "127.0.0.1", port }] });
  const start = (bootstrapAt: (port: number) => object) => async (port: number) => {
    const envoy = await startEnvoy({ bootstrap: bootstrapAt(port) });
    return { proxy: `envoy ${envoy.version}`, stop: () => envoy.stop() };
  };
  // Its layer of weights comes over ADS, which it does not have.
  const alone = (port: number): object => ({
    ...aggregated(port),
    layered_runtime: undefined,
    dynamic_resources: apart(mode),
  });
  return [
    { name: `envoy-${mode}`, scene: "envoy", start: start(aggregated) },
    { name: `envoy-alone-${mode}`, scene: `alone-${mode}`, start: start(alone) },
  ];
});

/** A stream for each type, to the same server. */
function apart(mode: "sotw" | "delta"): object {
  const source = {
    resource_api_version: "V3",
    api_config_source: {
      api_type: mode === "delta" ? "DELTA_GRPC" : "GRPC",
      transport_api_version: "V3",
      grpc_services: [{ envoy_grpc: { cluster_name: xdsClusterName } }],
    },
  };
  return { cds_config: source, lds_config: source };
}

const grpcRecordings = languages.map(
  (language): Recording => ({
    name: `grpc-${language}-sotw`,
    scene: "grpc",
    start: async (port) => {
      const bootstrap = grpcBootstrap({ ...node, servers: [{ host: "127.0.0.1", port }] });
      const client = await startGrpcClient({ language, bootstrap });
      // They connect at their first call, and keep what they asked for after it.
      await client.call({ calls: 1, deadlineMs: 3_000 });
      return { proxy: `gRPC in ${language}`, stop: () => client.stop() };
    },
  }),
);

/** So long is nothing said before a step counts as done: more than resources take to retire. */
const quietMs = 2_500;
const stepMs = 90_000;

async function record(recording: Recording): Promise<readonly (HeadLine | StepLine | EventLine)[]> {
  const { scene, start } = recording;
  const [first, ...steps] = sceneOf(scene);
  if (first === undefined) throw new Error(`the scene ${scene} is empty`);
  const lines: (StepLine | EventLine)[] = [];
  const quiet = new Quiet();
  const tap = new Tap((line) => {
    lines.push(line);
    quiet.said(line);
  });
  const { opened, stop } = openedParts();
  try {
    const store = opened(new MemoryStore({ seed: new Map() }), (part) => part.close());
    await write(store, first.put);
    lines.push({ step: first.name });
    const server = opened(await Restartable.start(store, scene, tap), (part) => part.stop());
    const proxy = opened(await start(server.port), (part) => part.stop());
    await quiet.wait();
    for (const step of steps) {
      lines.push({ step: step.name });
      await play(step, store, server, quiet);
      await quiet.wait();
    }
    return [{ proxy: proxy.proxy, scene }, ...lines];
  } finally {
    await stop();
  }
}

async function play(step: Step, store: Store, server: Restartable, quiet: Quiet): Promise<void> {
  if (step.restart) await server.stop();
  await write(store, step.put);
  if (!step.restart) return;
  quiet.expectStream();
  await server.start();
}

async function write(store: Store, content: Content): Promise<void> {
  const writes = Object.entries(content).map(([key, value]) =>
    value === undefined
      ? ({ kind: "delete", key } as const)
      : ({ kind: "put", key, value: Buffer.from(JSON.stringify(value)) } as const),
  );
  if (writes.length > 0) unwrap(asText(await store.transact({ compare: [], writes })));
}

const asText = <T>(result: { ok: true; value: T } | { ok: false; error: unknown }) =>
  result.ok ? result : ({ ok: false, error: JSON.stringify(result.error) } as const);

/** serin on one port, over a store that outlives it. */
class Restartable {
  readonly port: number;
  readonly #store: Store;
  readonly #gatewayPort: number | undefined;
  readonly #tap: Tap;
  #drain: (() => Promise<void>) | undefined;

  private constructor(store: Store, tap: Tap, port: number, gatewayPort: number | undefined) {
    this.#store = store;
    this.#tap = tap;
    this.port = port;
    this.#gatewayPort = gatewayPort;
  }

  static async start(store: Store, scene: SceneName, tap: Tap): Promise<Restartable> {
    const [port = 0, gatewayPort = 0] = await freePorts(2);
    const hasGateway = scene === "envoy" || scene === "grpc";
    const server = new Restartable(store, tap, port, hasGateway ? gatewayPort : undefined);
    await server.start();
    return server;
  }

  async start(): Promise<void> {
    const kept: Store = Object.assign(Object.create(this.#store) as Store, {
      description: this.#store.description,
      get: this.#store.get.bind(this.#store),
      list: this.#store.list.bind(this.#store),
      watch: this.#store.watch.bind(this.#store),
      transact: this.#store.transact.bind(this.#store),
      lease: this.#store.lease.bind(this.#store),
      close: async () => undefined,
    });
    const host = "127.0.0.1";
    const gateway = this.#gatewayPort;
    const config = {
      xdsListen: { host, port: this.port },
      adminListen: { host, port: 0 },
      defaultGateway: gateway === undefined ? undefined : { host, port: gateway },
    };
    const logger = createLogger({ level: "error" });
    const surroundings = { logger, metrics: createMetrics(), stop: new AbortController().signal };
    const running = unwrap(await startOver(kept, config, surroundings));
    this.#tap.attach(running.app.hub);
    this.#drain = () => running.drain();
  }

  async stop(): Promise<void> {
    await this.#drain?.();
    this.#drain = undefined;
  }
}

/** Waits until proxy and server have nothing more to say. */
class Quiet {
  #lastMs = systemClock.monotonicMs();
  #expects = true;

  said(line: EventLine): void {
    this.#lastMs = systemClock.monotonicMs();
    if ("open" in line) this.#expects = false;
  }

  /** Until a stream opens, silence means nothing. */
  expectStream(): void {
    this.#expects = true;
  }

  async wait(): Promise<void> {
    const begunMs = systemClock.monotonicMs();
    this.#lastMs = begunMs;
    for (;;) {
      const nowMs = systemClock.monotonicMs();
      if (!this.#expects && nowMs - this.#lastMs >= quietMs) return;
      if (nowMs - begunMs > stepMs) throw new Error("the proxy does not come to rest");
      await pause(50);
    }
  }
}

const chosen = process.argv.slice(2);
for (const recording of [...envoyRecordings, ...grpcRecordings]) {
  if (chosen.length > 0 && !chosen.includes(recording.name)) continue;
  const lines = await record(recording);
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  writeFileSync(fixturePath(recording.name), text);
  process.stdout.write(`${recording.name}: ${lines.length} lines, ${text.length} bytes\n`);
}
process.exit(0);
