/** A whole server over the memory store, with a clock that the story moves, and its clients. */

import { setImmediate as nextRound } from "node:timers/promises";
import { App, type BuiltEvent } from "../../src/app/app.ts";
import { shownResource } from "../../src/app/shown-resource.ts";
import { limits } from "../../src/config/limits.ts";
import { type Gateway, plainListener } from "../../src/model/gateway.ts";
import type { GatewayName, ListenerName } from "../../src/model/names.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { type PushEvent, type StreamEvent, silentObserver } from "../../src/xds/observer.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { eventually } from "../support/wait.ts";
import { Connection, type DeltaClient, type SotwClient } from "./client.ts";

const utf8 = new TextEncoder();

export const bytesOf = (value: unknown): Uint8Array =>
  value instanceof Uint8Array
    ? value
    : utf8.encode(typeof value === "string" ? value : JSON.stringify(value));

export const defaultGateway: Gateway = {
  name: "default" as GatewayName,
  nodeSelector: { id: undefined, cluster: undefined, metadata: new Map() },
  listeners: [
    {
      ...plainListener,
      name: "http" as ListenerName,
      port: 10_000,
    },
  ],
  origin: "",
  createRevision: 0n,
};

export type Content = Readonly<Record<string, unknown>>;

/** One service with two versions and their weights. */
export const web: Content = {
  "endpoints/web/a": { address: "10.0.0.1:8080", version: "v1" },
  "endpoints/web/b": { address: "10.0.0.2:8080", version: "v2" },
  "weights/web": { v1: 90, v2: 10 },
};

export const gateway = (port: number, nodeSelector: object = {}, more: object = {}): object => ({
  nodeSelector,
  listeners: [{ name: "http", port, ...more }],
});

export class Lab {
  readonly clock = new FakeClock();
  readonly store: MemoryStore;
  readonly app: App;
  readonly builds: BuiltEvent[] = [];
  readonly pushes: PushEvent[] = [];
  readonly closed: (StreamEvent & { readonly reason: string })[] = [];
  readonly #connections = new Set<Connection>();
  #port: number | undefined;

  /** `gateway`: nodes that no gateway object selects have the built-in one. */
  constructor(content: Content, gateway = true) {
    const seed = new Map(Object.entries(content).map(([key, value]) => [key, bytesOf(value)]));
    this.store = new MemoryStore({ clock: this.clock, seed });
    this.app = new App({
      store: this.store,
      clock: this.clock,
      version: "test",
      controlPlane: "serin test",
      defaultGateway: gateway ? defaultGateway : undefined,
      observer: {
        ...silentObserver,
        streamClosed: (event) => this.closed.push(event),
        pushed: (event) => this.pushes.push(event),
        storeHealth: () => undefined,
        built: (event) => this.builds.push(event),
      },
    });
  }

  async start(): Promise<void> {
    await this.app.started;
    // A clock that leaps leaves a client no time to answer a ping.
    const bounds = { keepAliveTimeMs: 1e9, connectionAgeMs: 0 };
    const clientStatus = { readers: "loopback", show: shownResource } as const;
    const listen = { host: "127.0.0.1", port: 0 };
    const listening = await this.app.xds.listen(listen, { bounds, clientStatus });
    if (!listening.ok) throw new Error(listening.error);
    this.#port = listening.value.port;
  }

  get port(): number {
    if (this.#port === undefined) throw new Error("the server is not started");
    return this.#port;
  }

  drain(): Promise<void> {
    return this.app.xds.drain();
  }

  connect(): Connection {
    const connection = new Connection(this.port);
    this.#connections.add(connection);
    return connection;
  }

  /** A stream on a connection of its own. */
  sotw(id: string, ...rest: Rest<"sotw">): SotwClient {
    return this.connect().sotw(id, ...rest);
  }

  delta(id: string, ...rest: Rest<"delta">): DeltaClient {
    return this.connect().delta(id, ...rest);
  }

  /**
   * Writes in one transaction, undefined deletes, and builds; streams have been woken. The revision of the
   * write: serin itself writes as well.
   */
  async put(content: Content): Promise<bigint> {
    const revision = await this.write(content);
    this.clock.advance(limits.pipeline.quietMs);
    await nextRound();
    return revision;
  }

  async write(content: Content): Promise<bigint> {
    const writes = Object.entries(content).map(([key, value]) =>
      value === undefined
        ? ({ kind: "delete", key } as const)
        : ({ kind: "put", key, value: bytesOf(value) } as const),
    );
    const outcome = await this.store.transact({ compare: [], writes });
    if (!outcome.ok || !outcome.value.committed) throw new Error("the transaction failed");
    return outcome.value.revision;
  }

  /** The server has noticed that `count` streams are left. */
  async streams(count: number): Promise<void> {
    const { hub } = this.app;
    await eventually(() => hub.streams.size === count, { what: `${count} streams` });
  }

  async close(): Promise<void> {
    for (const connection of this.#connections) connection.close();
    this.app.xds.close();
    await this.app.close();
    await this.store.close();
  }
}

type Rest<K extends "sotw" | "delta"> =
  Parameters<Connection[K]> extends [string, ...infer R] ? R : never;

/** Runs `story` against a server over `content`, and closes everything whatever happens. */
export async function withLab(content: Content, story: (lab: Lab) => Promise<void>): Promise<void> {
  const lab = new Lab(content);
  try {
    await lab.start();
    await story(lab);
  } finally {
    await lab.close();
  }
}
