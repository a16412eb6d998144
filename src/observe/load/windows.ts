/**
 * Signals over all replicas: what each of them told, as deltas in buckets of a second, for as far back as
 * anybody may look. Pure but for what it remembers; times are monotonic, of the one process.
 *
 * - A process is known by its start: a value that comes twice, late or out of order is not counted again.
 * - What a process had counted when the store's first list told of it is of a time that nobody knows:
 *   it is where counting begins.
 * - The counts of a replica that has gone stay; its proxies are connected to it no longer.
 */
import { limits } from "../../config/limits.ts";
import { countsSince, type ReplicaCounts, type SubsetCounts } from "./replica-counts.ts";
import { noCounts, type SubsetSignal } from "./signal.ts";
import { SubsetWindow, secondOf } from "./subset-window.ts";

/** The last value of a process. */
interface Source {
  /** The last part of the key that it writes. */
  readonly replica: string;
  readonly counts: ReplicaCounts;
  readonly atMs: number;
  /** From when the age of its reports is counted. */
  readonly heardMs: number;
}

export class LoadWindows {
  /** By start; what was heard of last is last. */
  readonly #sources = new Map<string, Source>();
  /** The start that holds the key of a replica now. */
  readonly #present = new Map<string, string>();
  /** By `<service>/<subset>`. */
  readonly #subsets = new Map<string, SubsetWindow>();
  #metricsLeft: number = limits.load.metricWindows;

  /**
   * A value of the store's first list. How old it is cannot be told: until the next one comes, its
   * reports count as older than any look-back. An answer says what has no room.
   */
  meet(replica: string, counts: ReplicaCounts, atMs: number): string | undefined {
    if (this.#isOld(counts)) return undefined;
    return this.#hear({ replica, counts, atMs, heardMs: atMs - limits.load.lookbackMs - 1 });
  }

  /** A value that was written just now. An answer says what has no room. */
  take(replica: string, counts: ReplicaCounts, atMs: number): string | undefined {
    if (this.#isOld(counts)) return undefined;
    const known = this.#sources.get(counts.start);
    const full = this.#hear({ replica, counts, atMs, heardMs: atMs });
    if (full !== undefined) return full;
    this.#letGo(atMs);
    const sinceMs = newSinceMs(known, counts, atMs);
    let leftOut = 0;
    for (const [service, { forMs, subsets }] of counts.services) {
      const before = known?.counts.services.get(service)?.subsets;
      const fromMs = Math.max(sinceMs, atMs - forMs);
      for (const [subset, now] of subsets) {
        const since = countsSince(before?.get(subset), now);
        if (isNothing(since)) continue;
        const window = this.#window(`${service}/${subset}`);
        leftOut += window?.add(since, fromMs, atMs, this.#takeRoom) ?? 1;
      }
    }
    return leftOut === 0 ? undefined : `${leftOut} versions, or figures of them, have no room`;
  }

  /** The key of a replica is gone. */
  forget(replica: string): void {
    this.#present.delete(replica);
  }

  /**
   * Over as many seconds as `lookbackMs` has, with the one under way; at most those of
   * `limits.load.lookbackMs`.
   */
  signal(service: string, subset: string, lookbackMs: number, nowMs: number): SubsetSignal {
    const seconds = Math.max(1, Math.ceil(lookbackMs / 1_000));
    const looked = this.#subsets.get(`${service}/${subset}`)?.look(secondOf(nowMs), seconds);
    let inProgress = 0;
    let reporters = 0;
    for (const { counts, heardMs } of this.#presentSources()) {
      inProgress += counts.services.get(service)?.subsets.get(subset)?.inProgress ?? 0;
      if (nowMs - heardMs <= Math.max(lookbackMs, quietMs)) reporters += counts.reporters;
    }
    const { counts = noCounts, metrics = new Map() } = looked ?? {};
    return { subset, counts, inProgress, metrics, ageMs: this.ageMs(nowMs), reporters };
  }

  /** Of the oldest of the newest reports of all proxies; undefined: nobody reports. */
  ageMs(nowMs: number): number | undefined {
    let ageMs: number | undefined;
    for (const { counts, heardMs } of this.#presentSources()) {
      if (counts.reporters === 0 || counts.ageMs === undefined) continue;
      const sinceMs = Math.max(0, nowMs - heardMs);
      ageMs = Math.max(ageMs ?? 0, ageNow(counts.ageMs, sinceMs));
    }
    return ageMs;
  }

  /** The same value again, as after a new list, or one from before. */
  #isOld({ start, seq }: ReplicaCounts): boolean {
    const known = this.#sources.get(start);
    return known !== undefined && seq <= known.counts.seq;
  }

  #hear(source: Source): string | undefined {
    const { start } = source.counts;
    if (!this.#sources.has(start) && !this.#hasRoomForStart()) {
      return `more than ${limits.load.starts} replicas tell what they counted`;
    }
    this.#sources.delete(start);
    this.#sources.set(start, source);
    this.#present.set(source.replica, start);
    return undefined;
  }

  /** The one of those that have gone which was heard of the longest ago makes room. */
  #hasRoomForStart(): boolean {
    if (this.#sources.size < limits.load.starts) return true;
    const present = new Set(this.#present.values());
    for (const start of this.#sources.keys()) {
      if (!present.has(start)) return this.#sources.delete(start);
    }
    return false;
  }

  *#presentSources(): Iterable<Source> {
    for (const start of new Set(this.#present.values())) {
      const source = this.#sources.get(start);
      if (source !== undefined) yield source;
    }
  }

  #window(key: string): SubsetWindow | undefined {
    const known = this.#subsets.get(key);
    if (known !== undefined || this.#subsets.size >= limits.load.windows) return known;
    const made = new SubsetWindow();
    this.#subsets.set(key, made);
    return made;
  }

  /** Where room is short, of what nobody can see any more. */
  #letGo(nowMs: number): void {
    if (this.#subsets.size < limits.load.windows && this.#metricsLeft > 0) return;
    for (const [key, window] of this.#subsets) {
      if (!window.isOver(nowMs)) continue;
      this.#subsets.delete(key);
      this.#metricsLeft += window.metricCount;
    }
  }

  readonly #takeRoom = (): boolean => {
    if (this.#metricsLeft === 0) return false;
    this.#metricsLeft -= 1;
    return true;
  };
}

/** For so long a process may say nothing, one that is late included, while its reports are fresh. */
const quietMs = limits.load.beatMs + limits.load.publishMs;

/** Who has fresh reports says it when they are no longer. */
function ageNow(toldMs: number, sinceMs: number): number {
  const { freshMs } = limits.load;
  const isFresh = toldMs <= freshMs && sinceMs <= quietMs;
  return isFresh ? Math.min(toldMs + sinceMs, freshMs) : toldMs + sinceMs;
}

/** From when on what is new may have come; later than the value before, where that stayed true for a while. */
function newSinceMs(known: Source | undefined, { sameUntil }: ReplicaCounts, atMs: number): number {
  if (known === undefined) return Number.NEGATIVE_INFINITY;
  const isNext = sameUntil?.seq === known.counts.seq;
  return isNext ? Math.max(known.atMs, atMs - sameUntil.agoMs) : known.atMs;
}

const isNothing = ({ ok, errors, metrics }: SubsetCounts): boolean =>
  ok + errors === 0 && [...metrics.values()].every(({ count }) => count === 0);
