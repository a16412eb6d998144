/**
 * The steps of one view that are put off (`retirement.ts`), and since when proxies drain connections
 * that may need what they are about (`drain.ts`).
 */
import { referenceKey } from "./drain.ts";
import type { Reference, Resource } from "./resource.ts";
import {
  keepsWaiting,
  type ProgressOf,
  type RetireTimes,
  type Retiring,
  sweep,
} from "./retirement.ts";

/** A step from one resource to the next, or to none, that has to wait. */
export interface PutOff {
  readonly before: Resource;
  readonly next: Resource | undefined;
}

/** When it is put off, and the generations of the tables that no longer need it. */
export type PutOffAt = Pick<
  Retiring,
  "sinceMs" | "listenerGeneration" | "routeGeneration" | "scopeGeneration" | "runtimeGeneration"
>;

export class Retirements {
  readonly #steps = new Map<string, Retiring>();
  readonly #drains = new Map<string, number>();

  get size(): number {
    return this.#steps.size;
  }

  get(one: Reference): Retiring | undefined {
    return this.#steps.get(referenceKey(one));
  }

  steps(): Iterable<Retiring> {
    return [...this.#steps.values()];
  }

  /** It waits no longer. */
  drop(one: Reference): void {
    this.#steps.delete(referenceKey(one));
  }

  putOff({ before, next }: PutOff, at: PutOffAt): void {
    const { typeUrl, name } = before;
    const key = referenceKey(before);
    this.#steps.set(key, {
      typeUrl,
      name,
      next,
      ...at,
      ackedAtMs: undefined,
      // One that is only to be empty stands for endpoints that are gone.
      drainFromMs: next === undefined ? this.#drains.get(key) : undefined,
    });
  }

  /** Whether a step that waits goes on waiting, now for `next`. */
  keep(one: Reference, next: Resource | undefined): boolean {
    const waiting = this.get(one);
    if (waiting === undefined || !keepsWaiting(waiting, next)) return false;
    const drainFromMs = next === undefined ? waiting.drainFromMs : undefined;
    this.#steps.set(referenceKey(one), { ...waiting, next, drainFromMs });
    return true;
  }

  /** Proxies begin to drain connections that may need what has one of these keys. */
  drain(keys: ReadonlySet<string>, nowMs: number): void {
    for (const key of keys) this.#drains.set(key, nowMs);
    if (keys.size === 0) return;
    for (const one of this.#unanswered()) {
      this.#steps.set(referenceKey(one), { ...one, drainFromMs: nowMs });
    }
  }

  /** The same for those that come from another view: they go on with what they drain since then. */
  drainFrom(from: Retirements, keys: ReadonlySet<string>, nowMs: number): void {
    for (const key of keys) this.#drains.set(key, nowMs);
    if (keys.size > 0) {
      for (const one of from.#unanswered()) this.#drains.set(referenceKey(one), nowMs);
    }
    for (const [key, sinceMs] of from.#drains) {
      this.#drains.set(key, Math.max(sinceMs, this.#drains.get(key) ?? sinceMs));
    }
  }

  isDrained(one: Reference): boolean {
    return this.#drains.has(referenceKey(one));
  }

  /** What may still be in use: a proxy that has not got the last change drains what was before it. */
  #unanswered(): readonly Retiring[] {
    const all = [...this.#steps.values()];
    return all.filter(({ ackedAtMs, next }) => ackedAtMs === undefined && next === undefined);
  }

  /** The steps whose time has come; they wait no longer. */
  release(progressOf: ProgressOf, nowMs: number, times: RetireTimes): readonly Retiring[] {
    const { keep, release } = sweep(this.#steps.values(), progressOf, nowMs, times);
    this.#steps.clear();
    for (const one of keep) this.#steps.set(referenceKey(one), one);
    for (const [key, sinceMs] of this.#drains) {
      if (nowMs - sinceMs >= times.drainMs) this.#drains.delete(key);
    }
    return release;
  }
}
