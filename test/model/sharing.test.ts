import { setImmediate as nextRound } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { decodeMessage } from "../../src/proto/decode.ts";
import { encodeMessage } from "../../src/proto/encode.ts";
import { makeResource } from "../../src/snapshot/resource.ts";
import { type TypeUrl, typeUrls } from "../../src/snapshot/type-url.ts";
import { View } from "../../src/snapshot/view.ts";
import { Hub } from "../../src/xds/hub.ts";
import { silentObserver } from "../../src/xds/observer.ts";
import type { XdsStream } from "../../src/xds/stream.ts";
import type { Variant } from "../../src/xds/stream-state.ts";
import { FakeClock } from "../support/fake-clock.ts";

/**
 * The work of a change is that of the different things that are said, whatever the number of those
 * who are told. Counted, not timed: one encoding more for each stream is what must never come back.
 */

const discovery = "envoy.service.discovery.v3";
const { cluster: CDS, endpoint: EDS, listener: LDS, route: RDS } = typeUrls;
const services = Array.from({ length: 12 }, (_, index) => `s${index}`);

interface Crowd {
  readonly hub: Hub;
  readonly views: readonly View[];
  /** Encodings for `act` and for all that proxies say to it. */
  cost(act: () => void): Promise<number>;
  connect(index: number): Listener;
}

/** A proxy that ACKs what it gets, and asks in an order of its own. */
class Listener {
  readonly nonces: string[] = [];
  readonly #variant: Variant;
  readonly #reversed: boolean;
  readonly #names = new Map<TypeUrl, readonly string[]>();
  readonly #answers: (() => void)[] = [];
  readonly #stream: XdsStream;
  readonly #id: string;
  #introduced = false;
  #blocked = false;

  constructor(hub: Hub, id: string, of: { readonly variant: Variant; readonly reversed: boolean }) {
    this.#id = id;
    this.#variant = of.variant;
    this.#reversed = of.reversed;
    const wire = {
      peer: "127.0.0.1:5000",
      write: (bytes: Uint8Array): boolean => {
        this.#take(bytes);
        this.#blocked = true;
        return false;
      },
      end: ({ message }: { readonly message: string }): void => {
        throw new Error(message);
      },
    };
    const stream = hub.open(wire, { variant: this.#variant, onlyType: undefined });
    if (stream === undefined) throw new Error("the hub takes no more streams");
    this.#stream = stream;
  }

  ask(type: TypeUrl, names: readonly string[] = []): void {
    const list = this.#reversed ? names.toReversed() : names;
    this.#names.set(type, list);
    this.#request(type, list, "", "");
  }

  close(): void {
    this.#stream.closed({ code: "ok", message: "cancelled" });
  }

  /** False when there was nothing to do. */
  step(): boolean {
    const answer = this.#answers.shift();
    answer?.();
    const blocked = this.#blocked;
    this.#blocked = false;
    if (blocked) this.#stream.drained();
    return answer !== undefined || blocked;
  }

  #take(bytes: Uint8Array): void {
    if (this.#variant === "sotw") {
      const message = decodeMessage(`${discovery}.DiscoveryResponse`, bytes);
      const { nonce = "", version_info: version = "" } = message;
      const type = message.type_url as TypeUrl;
      this.nonces.push(nonce);
      this.#answers.push(() => this.#request(type, this.#names.get(type) ?? [], nonce, version));
      return;
    }
    const { nonce = "", type_url } = decodeMessage(`${discovery}.DeltaDiscoveryResponse`, bytes);
    this.nonces.push(nonce);
    this.#answers.push(() => this.#request(type_url as TypeUrl, [], nonce, ""));
  }

  #request(type: TypeUrl, names: readonly string[], nonce: string, version: string): void {
    const node = this.#introduced ? {} : { node: { id: this.#id, cluster: "crowd" } };
    this.#introduced = true;
    const common = { type_url: type, response_nonce: nonce, ...node };
    if (this.#variant === "sotw") {
      const more = { version_info: version, resource_names: names };
      this.#stream.receive(encodeMessage(`${discovery}.DiscoveryRequest`, { ...common, ...more }));
      return;
    }
    const more = { resource_names_subscribe: names };
    this.#stream.receive(
      encodeMessage(`${discovery}.DeltaDiscoveryRequest`, { ...common, ...more }),
    );
  }
}

const viewLimits = { changeLogEntries: 1_000, milestones: 10 };

function crowd(): Crowd {
  const clock = new FakeClock();
  const views = ["a", "b"].map((key) => new View(key, viewLimits));
  const listeners: Listener[] = [];
  const hub = new Hub({
    clock,
    observer: silentObserver,
    controlPlane: "test",
    viewOf: ({ node }) => views[Number(node.id) % 2],
  });
  for (const view of views) {
    for (const name of services) for (const type of [CDS, EDS]) put(view, type, name, "first");
    put(view, LDS, "front", "first");
    put(view, RDS, "front", "first");
  }
  return {
    hub,
    views,
    connect: (index) => {
      const variant = index % 4 < 2 ? "sotw" : "delta";
      const listener = new Listener(hub, String(index), { variant, reversed: index % 8 > 3 });
      listeners.push(listener);
      listener.ask(CDS);
      listener.ask(EDS, services);
      listener.ask(LDS);
      listener.ask(RDS, ["front"]);
      return listener;
    },
    cost: async (act) => {
      const before = hub.pool.encodings;
      act();
      for (let quiet = 0; quiet < 3; ) {
        await nextRound();
        const moved = listeners.map((listener) => listener.step()).includes(true);
        quiet = moved ? 0 : quiet + 1;
      }
      return hub.pool.encodings - before;
    },
  };
}

function put(view: View, type: TypeUrl, name: string, text: string): void {
  const any = Buffer.from(`${name} ${text}`);
  const references = type === CDS ? [name] : [];
  const resource = makeResource({ typeUrl: type, name, any, references });
  view.table(type).write({ puts: [resource], deletes: [] });
}

const changes = [
  { what: "a route", type: RDS, names: ["front"] },
  { what: "one of many load assignments", type: EDS, names: ["s3"] },
  { what: "half of the load assignments", type: EDS, names: services.slice(6) },
  { what: "a cluster, with the assignments that follow", type: CDS, names: ["s3"] },
  { what: "a listener", type: LDS, names: ["front"] },
];

/** Encodings of a change in both views, where so many proxies listen. */
async function costs(streams: number): Promise<readonly number[]> {
  const { views, hub, cost, connect } = crowd();
  const found = [
    await cost(() => {
      for (let index = 0; index < streams; index += 1) connect(index);
    }),
  ];
  for (const { type, names } of changes) {
    found.push(
      await cost(() => {
        for (const view of views) {
          for (const name of names) put(view, type, name, "second");
          hub.changed(view);
        }
      }),
    );
  }
  hub.close();
  return found;
}

describe("the work of a change does not grow with the number of streams", () => {
  it("nor does that of their first answers", async () => {
    // Two views, two variants, and asked in either order.
    const [few, many] = [await costs(8), await costs(160)];
    expect(few).toEqual(many);
    // A message for each of the two variants in each of the two views.
    expect(many.slice(1)).toEqual([4, 4, 4, 8, 4]);
  });

  it("proxies that come one after the other share with those before", async () => {
    const { hub, cost, connect } = crowd();
    for (let index = 0; index < 8; index += 1) await cost(() => connect(index));
    const costOfOneMore = await cost(() => connect(8));
    expect(costOfOneMore).toBe(0);
    hub.close();
  });

  it("no nonce comes twice on a stream, and all of them rise", async () => {
    const { views, hub, cost, connect } = crowd();
    const listeners = Array.from({ length: 8 }, (_, index) => connect(index));
    for (let round = 0; round < 5; round += 1) {
      await cost(() => {
        for (const view of views) {
          for (const { type, names } of changes) put(view, type, names[0] ?? "", `round ${round}`);
          hub.changed(view);
        }
        // Asked for once more, at the same generation.
        for (const listener of listeners) listener.ask(EDS, services.slice(0, 3 + round));
      });
    }
    for (const { nonces } of listeners) {
      const serials = nonces.map((nonce) => Number.parseInt(nonce, 36));
      expect(serials).toEqual([...new Set(serials)].sort((a, b) => a - b));
      expect(nonces.length).toBeGreaterThan(15);
    }
    hub.close();
  });
});
