/**
 * What is known of the requests to the versions that somebody wants judged, over all replicas. Every
 * replica follows what the others tell, so that each one has the look-back when it becomes the one that
 * decides. What its own proxies report needs no store.
 */
import { isDeepStrictEqual } from "node:util";
import { limits } from "../config/limits.ts";
import type { Clock } from "../lib/clock.ts";
import { JudgedCounts } from "../observe/load/judged-counts.ts";
import { decodeReplica, encodeReplica } from "../observe/load/replica-codec.ts";
import type { ReplicaCounts } from "../observe/load/replica-counts.ts";
import type { SubsetSignal } from "../observe/load/signal.ts";
import type { LoadTotals } from "../observe/load/tally.ts";
import { LoadWindows } from "../observe/load/windows.ts";
import type { Entry, Store } from "../store/store.ts";
import type { EntryTap, EntryTaps } from "./entry-taps.ts";
import { LeasedKey } from "./leased-key.ts";

const folder = "status/load/";

export interface LoadSignalsOptions {
  readonly store: Pick<Store, "lease" | "transact">;
  readonly taps: Pick<EntryTaps, "add">;
  readonly clock: Clock;
  /** Of this process alone, also after a restart: the last part of its key. */
  readonly replica: string;
  readonly totals: () => LoadTotals;
  readonly observer: SignalObserver;
  readonly random?: () => number;
}

/** Each of these is told once, and again when it changes. */
export interface SignalObserver {
  /** Counts of this replica do not reach the others; undefined: they do again. */
  sharing(trouble: string | undefined): void;
  /** What another replica told is not counted, or not all of it; undefined: it is again. */
  reading(replica: string, trouble: string | undefined): void;
  /** Services that are not judged, since there is no room for their counts. */
  leftOut(services: readonly string[]): void;
}

export const silentSignals: SignalObserver = {
  sharing: () => {},
  reading: () => {},
  leftOut: () => {},
};

/** A value that was told, and when the oldest of its newest reports came. */
interface Told {
  readonly counts: ReplicaCounts;
  readonly oldestAtMs: number | undefined;
  readonly atMs: number;
}

export class LoadSignals {
  readonly #options: LoadSignalsOptions;
  readonly #counts: JudgedCounts;
  readonly #windows = new LoadWindows();
  readonly #publisher: LeasedKey;
  readonly #untap: () => void;
  readonly #troubled = new Map<string, string>();
  #told: Told | undefined;
  /** When that was still true, and not told again. */
  #sameUntilMs: number | undefined;
  #withoutRoom: readonly string[] = [];
  #leftOut: readonly string[] = [];
  #cancel: (() => void) | undefined;

  constructor(options: LoadSignalsOptions) {
    const { store, taps, clock, replica, observer, random } = options;
    this.#options = options;
    this.#counts = new JudgedCounts(replica);
    this.#publisher = new LeasedKey({
      store,
      clock,
      key: `${folder}${replica}`,
      onTrouble: (message) => observer.sharing(message),
      ...(random !== undefined && { random }),
    });
    this.#untap = taps.add([folder], this.#tap());
  }

  /** Services that somebody wants judged from now on; of all others nothing is told or kept. */
  judge(services: ReadonlySet<string>): void {
    const { clock, totals } = this.#options;
    this.#withoutRoom = this.#counts.judge(services, totals(), clock.monotonicMs());
    if (this.#counts.isIdle) this.#rest();
    else if (this.#cancel === undefined) this.#count();
  }

  /** Over at most `limits.load.lookbackMs`. */
  signal(service: string, subset: string, lookbackMs: number): SubsetSignal {
    return this.#windows.signal(service, subset, lookbackMs, this.#options.clock.monotonicMs());
  }

  /** Of what proxies report, over all replicas; undefined: nobody reports, or nothing is judged. */
  ageMs(): number | undefined {
    return this.#counts.isIdle ? undefined : this.#windows.ageMs(this.#options.clock.monotonicMs());
  }

  async close(): Promise<void> {
    this.#untap();
    this.#cancel?.();
    await this.#publisher.close();
  }

  #rest(): void {
    if (this.#cancel === undefined) return;
    this.#cancel();
    this.#cancel = undefined;
    this.#told = undefined;
    this.#sameUntilMs = undefined;
    this.#publisher.publish(undefined);
    this.#tellLeftOut([]);
  }

  #count(): void {
    const { clock, replica, totals } = this.#options;
    this.#cancel = clock.after(limits.load.publishMs, () => this.#count());
    const nowMs = clock.monotonicMs();
    const all = totals();
    const counts = this.#counts.next(all, nowMs);
    this.#tellReading(replica, this.#windows.take(replica, counts, nowMs));
    this.#tell({ counts, oldestAtMs: all.oldestAtMs, atMs: nowMs });
  }

  #tell(now: Told): void {
    const before = this.#told;
    if (before !== undefined && saysTheSame(before, now)) {
      this.#sameUntilMs = now.atMs;
      return;
    }
    const sameUntil =
      before === undefined || this.#sameUntilMs === undefined
        ? undefined
        : { seq: before.counts.seq, agoMs: now.atMs - this.#sameUntilMs };
    this.#told = now;
    this.#sameUntilMs = undefined;
    const told = { ...now.counts, sameUntil };
    const { value, leftOut } = encodeReplica(told, limits.load.valueBytes);
    this.#publisher.publish(value);
    this.#tellLeftOut([...this.#withoutRoom, ...leftOut]);
  }

  #tap(): EntryTap {
    const { clock } = this.#options;
    return {
      start: ({ entries }) => {
        const nowMs = clock.monotonicMs();
        for (const entry of entries.values()) {
          this.#read(entry, (replica, counts) => this.#windows.meet(replica, counts, nowMs));
        }
      },
      change: ({ puts, deletes }) => {
        const nowMs = clock.monotonicMs();
        for (const key of deletes) this.#forget(key.slice(folder.length));
        for (const entry of puts) {
          this.#read(entry, (replica, counts) => this.#windows.take(replica, counts, nowMs));
        }
      },
    };
  }

  #read(
    { key, value }: Entry,
    take: (replica: string, counts: ReplicaCounts) => string | undefined,
  ): void {
    const replica = key.slice(folder.length);
    // Its own values have been counted when they were made.
    if (replica === this.#options.replica) return;
    const decoded = decodeReplica(value);
    const trouble = decoded.ok ? take(replica, decoded.value) : decoded.error;
    this.#tellReading(replica, trouble);
  }

  #forget(replica: string): void {
    if (replica === this.#options.replica) return;
    this.#windows.forget(replica);
    this.#troubled.delete(replica);
  }

  #tellReading(replica: string, trouble: string | undefined): void {
    if (this.#troubled.get(replica) === trouble) return;
    if (trouble === undefined) this.#troubled.delete(replica);
    else this.#troubled.set(replica, trouble);
    this.#options.observer.reading(replica, trouble);
  }

  #tellLeftOut(services: readonly string[]): void {
    if (isDeepStrictEqual(services, this.#leftOut)) return;
    this.#leftOut = services;
    this.#options.observer.leftOut(services);
  }
}

/** Neither for how long it was counted is news, nor that reports go on to come, but now and then. */
function saysTheSame(before: Told, now: Told): boolean {
  if (isFresh(before) !== isFresh(now)) return false;
  const goesOn = isFresh(now) && now.atMs - before.atMs < limits.load.beatMs;
  if (!goesOn && before.oldestAtMs !== now.oldestAtMs) return false;
  if (before.counts.reporters !== now.counts.reporters) return false;
  const { services } = now.counts;
  if (before.counts.services.size !== services.size) return false;
  return [...services].every(([name, { subsets }]) =>
    isDeepStrictEqual(before.counts.services.get(name)?.subsets, subsets),
  );
}

const isFresh = ({ counts: { ageMs } }: Told): boolean =>
  ageMs !== undefined && ageMs <= limits.load.freshMs;
