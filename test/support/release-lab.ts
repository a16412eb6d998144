/**
 * Releases at work over a store in memory, with a clock that moves when told: as many controllers as are
 * wanted, of which one leads, proxies that do as told, and requests that come out as told.
 */
import { EntryTaps } from "../../src/app/entry-taps.ts";
import { type DesiredState, emptyState } from "../../src/model/desired-state.ts";
import type { ServiceName } from "../../src/model/names.ts";
import type { RolloutStatus } from "../../src/model/rollout-status.ts";
import type { SubsetSignal } from "../../src/observe/load/signal.ts";
import { Leader } from "../../src/rollout/leader.ts";
import type { RolloutCommand } from "../../src/rollout/release/commands.ts";
import type { Acknowledgement } from "../../src/rollout/release/decision.ts";
import { sayToRelease } from "../../src/rollout/release-command.ts";
import { ReleaseController, type ReleaseEvent } from "../../src/rollout/release-controller.ts";
import { ReleaseGates } from "../../src/rollout/release-gates.ts";
import { ReleaseMeasurements } from "../../src/rollout/release-measurements.ts";
import { createDecoder } from "../../src/store/decode/decoder.ts";
import { decodeRolloutStatus } from "../../src/store/decode/status-codec.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import type { Entry, Store, StoreState } from "../../src/store/store.ts";
import { unableSubsets } from "../../src/translate/split/unable-subsets.ts";
import { FakeClock } from "./fake-clock.ts";
import { type FaultyStore, faultyStore } from "./faulty-store.ts";
import { pass, settled } from "./settle.ts";

export interface Replica {
  readonly faulty: FaultyStore;
  readonly leads: boolean;
  holds(): string | undefined;
  /** As SIGKILL does: it does nothing any more, and gives nothing back. */
  kill(): Promise<void>;
}

export class ReleaseLab {
  readonly clock = new FakeClock();
  readonly store = new MemoryStore({ clock: this.clock });
  readonly events: ReleaseEvent[] = [];
  readonly troubles: string[] = [];
  /** `<kind> <outcome>` of each act. */
  readonly tried: string[] = [];
  readonly posts: Record<string, unknown>[] = [];
  /** Weights of the canary in the order in which they were written. */
  readonly canary: number[] = [];
  acked: Acknowledgement = { kind: "applied" };
  blind: readonly string[] = [];
  /** Of 1,000 requests to the canary. */
  errors = 0;
  /** What a webhook answers; undefined: it cannot be reached. */
  answer: (url: string) => number | undefined = () => 200;
  /** What another provider answers. */
  figure: number | undefined = 0;
  readonly #closers: (() => Promise<void>)[] = [];

  constructor() {
    this.store.watch({
      start: () => undefined,
      change: ({ puts }) => {
        for (const { key, value } of puts) {
          if (key === "weights/web") this.canary.push(parsed(value)["v2"] as number);
        }
      },
      health: () => undefined,
    });
  }

  async put(key: string, value: unknown): Promise<void> {
    const bytes = Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
    const writes = [{ kind: "put", key, value: bytes }] as const;
    const outcome = await this.store.transact({ compare: [], writes });
    if (!outcome.ok) throw new Error(outcome.error.message);
  }

  async remove(key: string): Promise<void> {
    const outcome = await this.store.transact({ compare: [], writes: [{ kind: "delete", key }] });
    if (!outcome.ok) throw new Error(outcome.error.message);
  }

  /** `a` of v1 and `b` of v2: both versions can answer. */
  async putInstances(): Promise<void> {
    await this.put("endpoints/web/a", { address: "10.0.0.1:80", version: "v1" });
    await this.put("endpoints/web/b", { address: "10.0.0.2:80", version: "v2" });
  }

  async get(key: string): Promise<Entry | undefined> {
    const read = await this.store.get(key);
    if (!read.ok) throw new Error(read.error.message);
    return read.value;
  }

  async weights(): Promise<Readonly<Record<string, unknown>>> {
    const entry = await this.get("weights/web");
    return entry === undefined ? {} : parsed(entry.value);
  }

  async status(): Promise<RolloutStatus> {
    const entry = await this.get("status/rollouts/web");
    const read = entry && decodeRolloutStatus(entry);
    if (read?.ok !== true) throw new Error("there is no status that can be read");
    return read.value;
  }

  async whole(): Promise<StoreState> {
    const listed = await this.store.list("");
    if (!listed.ok) throw new Error(listed.error.message);
    return listed.value;
  }

  async keys(prefix: string): Promise<readonly Entry[]> {
    const listed = await this.store.list(prefix);
    if (!listed.ok) throw new Error(listed.error.message);
    return [...listed.value.entries.values()];
  }

  say(command: RolloutCommand, store: Store = this.store) {
    const by = { by: "ann", why: command };
    return sayToRelease(store, {
      service: "web" as ServiceName,
      command,
      ...by,
      unable: unableSubsets,
      clock: this.clock,
    });
  }

  pass(ms: number, stepMs = 250): Promise<void> {
    return pass(this.clock, ms, stepMs);
  }

  async close(): Promise<void> {
    const closing = Promise.all(this.#closers.map((close) => close()));
    await pass(this.clock, 100);
    await closing;
    await this.store.close();
  }

  async replica(name: string): Promise<Replica> {
    const { clock } = this;
    const faulty = faultyStore(this.store);
    const taps = new EntryTaps();
    const decoder = createDecoder();
    let state: DesiredState = emptyState;
    let poke = (): void => undefined;
    const watch = this.store.watch({
      start: (whole) => {
        ({ state } = decoder.start(whole));
        taps.start(whole);
      },
      change: (change) => {
        ({ state } = decoder.change(change));
        taps.change(change);
        poke();
      },
      health: () => undefined,
    });
    const nothing = (): void => undefined;
    const observer = { elected: nothing, lost: nothing, failed: nothing };
    const leader = new Leader({ store: faulty.store, name, clock, observer });
    const { measurements, gates } = this.#parts(() => poke());
    const controller = new ReleaseController({
      ...{ clock, store: faulty.store, leader, measurements, gates },
      entries: () => taps.entries,
      rollouts: () => state.rollouts.values(),
      acknowledged: () => this.acked,
      blind: () => this.blind,
      unable: (rollout) => unableSubsets(rollout, state),
      observer: {
        acted: (event) => void this.events.push(event),
        tried: (kind, outcome) => void this.tried.push(`${kind} ${outcome}`),
        notActed: (_service, why) => void this.troubles.push(why),
        unreadable: (_service, why) => void this.troubles.push(why),
      },
    });
    poke = () => controller.poke();
    const stop = async (): Promise<void> => {
      await watch.close();
      await controller.close();
      await Promise.all([measurements.close(), gates.close()]);
    };
    this.#closers.push(async () => {
      await stop();
      await leader.close();
    });
    await settled();
    return {
      faulty,
      get leads() {
        return leader.term() !== undefined;
      },
      holds: () => controller.holds("web"),
      kill: () => {
        faulty.away = true;
        return stop();
      },
    };
  }

  #parts(onAnswer: () => void) {
    const signal = (_service: string, subset: string): SubsetSignal => {
      const errors = subset === "v2" ? this.errors : 0;
      const counts = { ok: 1_000 - errors, errors };
      return { subset, counts, inProgress: 0, metrics: new Map(), ageMs: 0, reporters: 1 };
    };
    const measurements = new ReleaseMeasurements({
      signal,
      provider: {
        measure: async () => {
          if (this.figure === undefined) return { ok: false, error: "nobody answers" };
          return { ok: true, value: { value: this.figure, atMs: this.clock.wallMs(), ageMs: 0 } };
        },
      },
      onAnswer,
    });
    const gates = new ReleaseGates({
      clock: this.clock,
      onAnswer,
      fetch: async (url, init) => {
        this.posts.push(JSON.parse(String(init?.body)) as Record<string, unknown>);
        const status = this.answer(String(url));
        if (status === undefined) throw new Error("nobody listens");
        return new Response(null, { status });
      },
    });
    return { measurements, gates };
  }
}

function parsed(value: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(Buffer.from(value).toString()) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}
