/** Guards over a store in memory, with a fake clock and figures that the test makes up. */
import { expect } from "vitest";
import type { Guard } from "../../../../src/model/guard.ts";
import type { ServiceName, SubsetName } from "../../../../src/model/names.ts";
import type { SubsetSignal } from "../../../../src/observe/load/signal.ts";
import type { Provider } from "../../../../src/observe/provider.ts";
import { GuardLooks, type TripEvent } from "../../../../src/rollout/guard/guard-looks.ts";
import type { GuardedService } from "../../../../src/rollout/guard/guarded-service.ts";
import { leaderKey, type Term } from "../../../../src/rollout/leader.ts";
import { applyChange } from "../../../../src/store/change.ts";
import { decodeGuardStatus } from "../../../../src/store/decode/status-codec.ts";
import { MemoryStore } from "../../../../src/store/memory.ts";
import type { Entry, Write } from "../../../../src/store/store.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { type FaultyStore, faultyStore } from "../../../support/faulty-store.ts";
import { put, value } from "../../store/contract.ts";
import { signalOf } from "../judge/rules.ts";

export const subset = (name: string): SubsetName => name as SubsetName;

export interface WorldOptions {
  readonly guards: readonly Guard[];
  readonly subsets?: readonly [string, ...string[]];
  readonly provider?: Provider;
  readonly leads?: boolean;
}

export interface World {
  readonly clock: FakeClock;
  readonly memory: MemoryStore;
  readonly faulty: FaultyStore;
  readonly looks: GuardLooks;
  /** What proxies report, by version; none: nobody reports. */
  readonly signals: Map<string, SubsetSignal>;
  /** Versions and look-backs that were asked for. */
  readonly asked: { readonly subset: string; readonly lookbackMs: number }[];
  /** Services that are guarded; the test changes them. */
  services: readonly GuardedService[];
  leads: boolean;
  readonly told: {
    readonly tripped: TripEvent[];
    readonly notTripped: string[];
    readonly unreadable: string[];
    readonly deposed: Term[];
  };
  write(...writes: readonly Write[]): Promise<void>;
  weights(): Promise<unknown>;
  latched(): Promise<readonly string[]>;
  /** `<guard> <version> <verdict>`. */
  verdicts(): readonly string[];
  /** Of the first look. */
  reason(): string | undefined;
}

const startWeights = { v1: 90, v2: 10 };

export async function world(options: WorldOptions): Promise<World> {
  const { guards, subsets = ["v1", "v2"], leads = true, provider = unasked } = options;
  const clock = new FakeClock();
  const memory = new MemoryStore({ clock });
  const faulty = faultyStore(memory);
  const entries = new Map<string, Entry>();
  memory.watch({
    start: (state) => {
      for (const [key, entry] of state.entries) entries.set(key, entry);
    },
    change: (change) => applyChange(entries, change),
    health: () => undefined,
  });
  const write = async (...writes: readonly Write[]): Promise<bigint> =>
    value(await memory.transact({ compare: [], writes })).revision;
  await write(put("weights/web", JSON.stringify(startWeights)));
  const modRevision = await write(put(leaderKey, "this one"));
  const told: World["told"] = { tripped: [], notTripped: [], unreadable: [], deposed: [] };
  const signals: World["signals"] = new Map();
  const asked: World["asked"] = [];
  const [stable, ...others] = subsets;
  const guarded: GuardedService = {
    name: "web" as ServiceName,
    guards,
    subsets: [subset(stable), ...others.map(subset)],
    usable: new Set(subsets.map(subset)),
    weights: Object.entries(startWeights).map(([name, weight]) => ({
      subset: subset(name),
      weight,
    })),
  };
  const looks = new GuardLooks({
    clock,
    store: faulty.store,
    leader: {
      term: () => (made.leads ? { key: leaderKey, modRevision } : undefined),
      deposed: (term) => void told.deposed.push(term),
    },
    entries: () => entries,
    services: () => made.services,
    signal: (_, name, lookbackMs) => {
      asked.push({ subset: name, lookbackMs });
      return signals.get(name) ?? signalOf(0, 0, { subset: name, ageMs: undefined });
    },
    provider,
    observer: {
      tripped: (event) => void told.tripped.push(event),
      notTripped: (_, why) => void told.notTripped.push(why),
      unreadable: (key, why) => void told.unreadable.push(`${key}: ${why}`),
    },
  });
  const read = async (key: string): Promise<Entry | undefined> => value(await memory.get(key));
  const made: World = {
    ...{ clock, memory, faulty, looks, signals, asked, told },
    services: [guarded],
    leads,
    write: async (...writes) => void (await write(...writes)),
    weights: async () => jsonOf(await read("weights/web")),
    async latched() {
      const entry = await read("status/guards/web");
      if (entry === undefined) return [];
      const status = decodeGuardStatus(entry);
      return status.ok ? [...status.value.latched.keys()].sort() : expect.fail(status.error);
    },
    verdicts: () =>
      looks.results("web").map((each) => `${each.guard.name} ${each.subset} ${each.verdict}`),
    reason: () => looks.results("web")[0]?.reason,
  };
  return made;
}

/** So many errors among so many requests to a version, just reported. */
export const seen = (name: string, errors: number, requests: number): [string, SubsetSignal] => [
  name,
  signalOf(errors, requests, { subset: name }),
];

const unasked: Provider = { measure: () => expect.fail("no other provider is asked") };

export const jsonOf = (entry: Entry | undefined): unknown =>
  JSON.parse(Buffer.from(entry?.value ?? "null").toString());
