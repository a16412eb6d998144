/**
 * serin without sockets, for counting: the whole pipeline over the memory store, and delta proxies
 * that ask, ACK, and count what they are sent. The bytes are those of the wire.
 */
import { setImmediate as nextRound } from "node:timers/promises";
import { App } from "../src/app/app.ts";
import { limits } from "../src/config/limits.ts";
import { decodeMessage } from "../src/proto/decode.ts";
import { encodeMessage } from "../src/proto/encode.ts";
import { type TypeUrl, typeUrls } from "../src/snapshot/type-url.ts";
import { MemoryStore } from "../src/store/memory.ts";
import { silentObserver } from "../src/xds/observer.ts";
import type { XdsStream } from "../src/xds/stream.ts";
import { FakeClock } from "../test/support/fake-clock.ts";

const discovery = "envoy.service.discovery.v3";
const requestType = `${discovery}.DeltaDiscoveryRequest`;
const listenersPerGateway = 50;
const utf8 = new TextEncoder();

const json = (value: unknown): Uint8Array => utf8.encode(JSON.stringify(value));

export const serviceName = (index: number): string => `svc-${String(index).padStart(5, "0")}`;

/** As xdsload writes it: two versions a service, two endpoints a version, a listener for each. */
function objects(services: number): ReadonlyMap<string, Uint8Array> {
  const content = new Map<string, Uint8Array>();
  for (let i = 0; i < services; i += 1) {
    const service = serviceName(i);
    for (const endpoint of [0, 1, 2, 3]) content.set(...endpointWeight(i, endpoint, 90));
    content.set(`weights/${service}`, json({ v1: 90, v2: 10 }));
  }
  for (let first = 0; first < services; first += listenersPerGateway) {
    const count = Math.min(listenersPerGateway, services - first);
    const listeners = Array.from({ length: count }, (_, i) => {
      const name = serviceName(first + i);
      return { name, port: 10_000 + first + i, services: [name] };
    });
    content.set(
      `gateways/g${first / listenersPerGateway}`,
      json({ nodeSelector: { cluster: "bench" }, listeners }),
    );
  }
  return content;
}

export function endpointWeight(
  service: number,
  endpoint: number,
  weight: number,
): [string, Uint8Array] {
  const version = endpoint < 2 ? "v1" : "v2";
  const address = `10.${service >> 8}.${service & 255}.${endpoint}:8000`;
  const key = `endpoints/${serviceName(service)}/${version}-${endpoint % 2}`;
  return [key, json({ address, version, weight })];
}

export const splitWeight = (service: number, v1: number): [string, Uint8Array] => [
  `weights/${serviceName(service)}`,
  json({ v1, v2: 10_000 - v1 }),
];

/** What all proxies together were sent. */
export interface Traffic {
  readonly bytes: number;
  readonly messages: number;
  readonly encodings: number;
}

/** In the order in which Envoy asks. */
const asked = [typeUrls.cluster, typeUrls.endpoint, typeUrls.listener, typeUrls.route];

/** Names of a type with the versions that a proxy has. */
type Held = Map<string, string>;

export class QuickLab {
  readonly #app: App;
  readonly #clock = new FakeClock();
  readonly #store: MemoryStore;
  /** One object is sent to all streams in one position: it is read once. */
  readonly #read = new WeakMap<Uint8Array, Uint8Array>();
  readonly #waiting: { readonly stream: XdsStream; readonly bytes: Uint8Array }[] = [];
  #streams: XdsStream[] = [];
  /** What one proxy has, and so have all. */
  readonly #held = new Map<TypeUrl, Held>();
  #bytes = 0;
  #messages = 0;

  constructor(services: number) {
    this.#store = new MemoryStore({ clock: this.#clock, seed: objects(services) });
    this.#app = new App({
      store: this.#store,
      clock: this.#clock,
      version: "quick",
      // As long as that of `serve` is: it counts where a response carries it.
      controlPlane: "serin/0.1.0 bench-host-name-0001/1234567",
      defaultGateway: undefined,
      observer: { ...silentObserver, storeHealth: () => undefined, built: () => undefined },
    });
  }

  get traffic(): Traffic {
    const { encodings } = this.#app.hub.pool;
    return { bytes: this.#bytes, messages: this.#messages, encodings };
  }

  /** Proxies that ask for everything, as Envoy does after a start. */
  async connect(count: number): Promise<void> {
    await this.#app.started;
    this.#streams = Array.from({ length: count }, (_, n) => this.#open(n));
    for (const typeUrl of asked) {
      this.#askAll(typeUrl, {});
      await this.settle();
    }
  }

  /** All connections break, and all proxies come back with what they have. */
  async reconnect(): Promise<void> {
    for (const stream of this.#streams) stream.closed({ code: "ok", message: "gone" });
    this.#streams = this.#streams.map((_, n) => this.#open(n));
    for (const typeUrl of asked) {
      const versions = Object.fromEntries(this.#held.get(typeUrl) ?? []);
      this.#askAll(typeUrl, { initial_resource_versions: versions });
    }
    await this.settle();
  }

  /** Puts one object; returns when all proxies have what came of it and have ACKed. */
  async put([key, value]: readonly [string, Uint8Array]): Promise<void> {
    const outcome = await this.#store.transact({
      compare: [],
      writes: [{ kind: "put", key, value }],
    });
    if (!outcome.ok || !outcome.value.committed) throw new Error("the transaction failed");
    this.#clock.advance(limits.pipeline.quietMs);
    await this.settle();
  }

  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 3; quiet += 1) {
      await nextRound();
      const waiting = this.#waiting.splice(0);
      if (waiting.length > 0) quiet = 0;
      for (const { stream, bytes } of waiting) stream.receive(this.#ackOf(bytes));
    }
  }

  async close(): Promise<void> {
    for (const stream of this.#streams) stream.closed({ code: "ok", message: "done" });
    await this.#app.close();
    await this.#store.close();
  }

  #open(n: number): XdsStream {
    const wire = {
      peer: `127.0.0.1:${n}`,
      write: (bytes: Uint8Array) => {
        this.#bytes += bytes.length;
        this.#messages += 1;
        // A real proxy answers later, never inside the server's write.
        this.#waiting.push({ stream, bytes });
        return true;
      },
      end: ({ message }: { readonly message: string }) => {
        throw new Error(`the server ended a stream: ${message}`);
      },
    };
    const opened = this.#app.hub.open(wire, { variant: "delta", onlyType: undefined });
    if (opened === undefined) throw new Error("the hub takes no more streams");
    const stream: XdsStream = opened;
    return stream;
  }

  #askAll(typeUrl: TypeUrl, more: object): void {
    const names = this.#namesFor(typeUrl);
    const request = { type_url: typeUrl, resource_names_subscribe: names, ...more };
    const encoded = encodeMessage(requestType, request);
    this.#streams.forEach((stream, n) => {
      const isFirst = typeUrl === asked[0];
      const node = { id: `n${n}`, cluster: "bench", user_agent_name: "envoy" };
      stream.receive(isFirst ? encodeMessage(requestType, { node, ...request }) : encoded);
    });
  }

  #namesFor(typeUrl: TypeUrl): readonly string[] {
    const named = new Map([
      [typeUrls.endpoint, typeUrls.cluster],
      [typeUrls.route, typeUrls.listener],
    ]).get(typeUrl);
    return named === undefined ? [] : [...(this.#held.get(named)?.keys() ?? [])];
  }

  #ackOf(bytes: Uint8Array): Uint8Array {
    const known = this.#read.get(bytes);
    if (known !== undefined) return known;
    const response = decodeMessage(`${discovery}.DeltaDiscoveryResponse`, bytes);
    const typeUrl = (response.type_url ?? "") as TypeUrl;
    const held = this.#held.get(typeUrl) ?? new Map<string, string>();
    this.#held.set(typeUrl, held);
    for (const encoded of response.resources ?? []) {
      const { name = "", version = "" } = decodeMessage(`${discovery}.Resource`, encoded);
      held.set(name, version);
    }
    const answer = { type_url: typeUrl, response_nonce: response.nonce ?? "" };
    const ack = encodeMessage(requestType, answer);
    this.#read.set(bytes, ack);
    return ack;
  }
}
