/** Servers over one history of weights, and an Envoy that goes by routes with keys laid over them. */
import { setImmediate as nextRound } from "node:timers/promises";
import { Projection } from "../../../src/app/projection.ts";
import { XdsServer } from "../../../src/index.ts";
import type { DesiredState } from "../../../src/model/desired-state.ts";
import type { ServiceName } from "../../../src/model/names.ts";
import { decodeAny, decodeMessage } from "../../../src/proto/decode.ts";
import { encodeMessage } from "../../../src/proto/encode.ts";
import { typeUrls } from "../../../src/snapshot/type-url.ts";
import { unlimited } from "../../../src/translate/limits.ts";
import { createTranslator } from "../../../src/translate/translate.ts";
import type { XdsStream } from "../../../src/xds/stream.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { gateway, service, state } from "../translate/states.ts";
import { ArrayWire } from "../xds/hub-lab.ts";

const names = ["a", "b", "c"] as const;
type Name = (typeof names)[number];

/** Never all v1: those are the weights at rest. */
const splits: readonly Readonly<Record<string, number>>[] = [
  { v1: 0, v2: 100 },
  { v1: 50, v2: 50 },
  { v1: 10, v2: 90 },
  { v1: 1, v2: 99 },
  { v1: 30, v2: 30, v3: 40 },
  { v1: 0, v2: 50, v3: 50 },
];

/** What a planted bug does. */
export interface Bugs {
  /** Keys go whether or not proxies have ACKed. */
  readonly hasty?: boolean;
  /** A proxy that comes back is given what is in force, in push order, whatever it has. */
  readonly blind?: boolean;
}

const times = { maxMs: 1e9, drainMs: 0 };

class Server {
  readonly #clock = new FakeClock();
  readonly projection: Projection;
  readonly xds: XdsServer;

  constructor() {
    this.projection = new Projection({
      translate: createTranslator({
        defaultGateway: undefined,
        limits: { ...unlimited, layerServices: 1 },
      }),
      nowMs: () => this.#clock.monotonicMs(),
      cache: { clock: this.#clock },
    });
    this.xds = new XdsServer(this.projection.cache, { clock: this.#clock });
  }

  sweep({ hasty = false }: Bugs): void {
    this.#clock.advance(1);
    this.projection.sweepLayers((...of) => (hasty ? "applied" : this.xds.progress(...of)), times);
  }
}

interface Held {
  readonly version: string;
  readonly value: Uint8Array;
}

export class LayerWorld {
  readonly #bugs: Bugs;
  #server = new Server();
  #revision = 1n;
  readonly #wanted = new Map<Name, { weights: Readonly<Record<string, number>>; at: bigint }>();
  readonly #history = new Map<Name, string[]>();
  readonly #reached = new Map<Name, number>();
  #stream: XdsStream | undefined;
  #wire = new ArrayWire();
  #taken = 0;
  #unacked: { readonly typeUrl: string; readonly nonce: string }[] = [];
  readonly #held = new Map<string, Map<string, Held>>();

  constructor(bugs: Bugs) {
    this.#bugs = bugs;
    for (const [n, name] of names.entries()) this.#want(name, n);
    this.#update();
  }

  async move(code: number): Promise<void> {
    const name = names[(code >> 4) % names.length] ?? "a";
    switch (code % 8) {
      case 0:
      case 1:
        this.change(name, code >> 8);
        break;
      case 2:
      case 3:
      case 4:
        this.#take();
        break;
      case 5:
        this.#ack();
        break;
      case 6:
        this.#server.sweep(this.#bugs);
        break;
      default:
        this.#reconnect(code >> 4);
    }
    await nextRound();
  }

  /** Another split of a service. */
  change(name: Name, choice: number): void {
    this.#want(name, choice);
    this.#update();
  }

  /** The proxy goes away, and with it the server; there is another one now. */
  restart(): void {
    this.#reconnect(0);
  }

  /** Everything is taken and ACKed: the proxy goes by the weights of now. */
  async settle(): Promise<void> {
    if (this.#stream === undefined) this.#connect();
    for (let round = 0; round < 30; round += 1) {
      while (this.#taken < this.#wire.written.length) this.#take();
      while (this.#unacked.length > 0) this.#ack();
      this.#server.sweep(this.#bugs);
      await nextRound();
    }
    for (const name of names) {
      const [now, wanted] = [this.#effective(name), this.#history.get(name)?.at(-1)];
      if (now !== wanted) throw new Error(`${name} ends at ${now}, wanted ${wanted}`);
    }
  }

  close(): void {
    this.#server.xds.close();
  }

  #want(name: Name, choice: number): void {
    this.#revision += 1n;
    this.#wanted.set(name, { weights: splits[choice % splits.length] ?? {}, at: this.#revision });
  }

  #state(): DesiredState {
    const services = names.map((name) => {
      const weights = this.#wanted.get(name)?.weights ?? {};
      const instances = Object.keys(weights).map((version) => ({ version }));
      return service(name, { instances, weights });
    });
    const base = state({ services, gateways: [gateway("edge")] });
    const weightsRevisions = new Map(
      names.map((name) => [name as ServiceName, this.#wanted.get(name)?.at ?? 0n]),
    );
    return { ...base, revision: this.#revision, weightsRevisions };
  }

  #update(): void {
    this.#server.projection.update(this.#state());
    const { translation } = this.#server.projection;
    for (const name of names) {
      const keys = translation?.weights.splitOf(name as ServiceName);
      const told = this.#history.get(name) ?? [];
      const now = textOf([...(keys?.weights ?? [])]);
      if (told.at(-1) !== now) told.push(now);
      this.#history.set(name, told);
    }
  }

  #reconnect(code: number): void {
    if (this.#stream !== undefined) {
      this.#stream.end({ code: "CANCELLED", message: "away" } as never);
      this.#stream = undefined;
      // Another replica, or the same one after a restart.
      if (code % 2 === 0) {
        this.#server.xds.close();
        this.#server = new Server();
        this.#update();
      }
      return;
    }
    this.#connect();
  }

  #connect(): void {
    this.#wire = new ArrayWire();
    this.#taken = 0;
    this.#unacked = [];
    this.#stream = this.#server.xds.hub.open(this.#wire, {
      variant: "delta",
      onlyType: undefined,
    });
    this.#ask(typeUrls.runtime, ["weights"]);
    this.#ask(typeUrls.listener, []);
    this.#ask(typeUrls.route, ["edge/http"]);
  }

  #ask(typeUrl: string, subscribe: readonly string[]): void {
    const held = this.#held.get(typeUrl) ?? new Map<string, Held>();
    const says = this.#bugs.blind !== true || typeUrl !== typeUrls.runtime;
    this.#send({
      node: { id: "n", user_agent_name: "envoy" },
      type_url: typeUrl,
      resource_names_subscribe: subscribe,
      initial_resource_versions: Object.fromEntries(
        says ? [...held].map(([name, { version }]) => [name, version]) : [],
      ),
    });
  }

  #send(message: object): void {
    this.#stream?.receive(
      encodeMessage("envoy.service.discovery.v3.DeltaDiscoveryRequest", message as never),
    );
  }

  #take(): void {
    const bytes = this.#wire.written[this.#taken];
    if (bytes === undefined || this.#stream === undefined) return;
    this.#taken += 1;
    const response = decodeMessage("envoy.service.discovery.v3.DeltaDiscoveryResponse", bytes);
    const { type_url: typeUrl = "", nonce = "", resources = [] } = response;
    const held = this.#held.get(typeUrl) ?? new Map<string, Held>();
    for (const encoded of resources) {
      const one = decodeMessage("envoy.service.discovery.v3.Resource", encoded);
      const { name = "", version = "", resource = new Uint8Array() } = one;
      held.set(name, { version, value: decodeAny(resource).value });
    }
    for (const name of response.removed_resources ?? []) held.delete(name);
    this.#held.set(typeUrl, held);
    this.#unacked.push({ typeUrl, nonce });
    this.#check(typeUrl);
  }

  #ack(): void {
    const next = this.#unacked.shift();
    if (next !== undefined) this.#send({ type_url: next.typeUrl, response_nonce: next.nonce });
  }

  #check(typeUrl: string): void {
    for (const name of names) {
      const now = this.#effective(name);
      if (now === undefined) continue;
      const told = this.#history.get(name) ?? [];
      const at = told.indexOf(now, this.#reached.get(name) ?? 0);
      if (at === -1) {
        const after = typeUrl.split(".").at(-1);
        throw new Error(`after ${after}, ${name} goes by ${now}, of ${told.join(" | ")}`);
      }
      this.#reached.set(name, at);
    }
  }

  /** What the proxy goes by; undefined before it has routes. */
  #effective(name: Name): string | undefined {
    const routes = this.#held.get(typeUrls.route)?.get("edge/http");
    if (routes === undefined) return undefined;
    const message = decodeMessage("envoy.config.route.v3.RouteConfiguration", routes.value);
    const host = message.virtual_hosts?.find((each) => each.name === name);
    const split = host?.routes?.[0]?.route?.weighted_clusters;
    const prefix = split?.runtime_key_prefix;
    const keys = this.#keys();
    return textOf(
      (split?.clusters ?? []).map(({ name: cluster = "", weight }) => [
        cluster,
        (prefix === undefined ? undefined : keys.get(`${prefix}.${cluster}`)) ?? weight?.value ?? 0,
      ]),
    );
  }

  #keys(): ReadonlyMap<string, number> {
    const runtime = this.#held.get(typeUrls.runtime)?.get("weights");
    if (runtime === undefined) return new Map();
    const { layer = {} } = decodeMessage("envoy.service.runtime.v3.Runtime", runtime.value);
    return new Map(Object.entries(layer).map(([key, value]) => [key, Number(value)]));
  }
}

const textOf = (weights: readonly (readonly [string, number])[]): string =>
  weights
    .filter(([, weight]) => weight > 0)
    .map(([cluster, weight]) => `${cluster}=${weight}`)
    .sort()
    .join(" ");
