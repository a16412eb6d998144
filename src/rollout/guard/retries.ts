/**
 * How long ago versions were brought back, by this process's own clock: from when it saw that. What the status
 * says is of the clock of whoever ran `retry`, and one that is an hour ahead would blind the guard for that hour.
 * Only of what a process finds at its start the status is the one to say how old it is.
 */
import { limits } from "../../config/limits.ts";
import type { ServiceName, SubsetName } from "../../model/names.ts";
import type { GuardStatus } from "../../model/rollout-status.ts";
import { duration } from "../judge/phrases.ts";
import type { Look } from "./guarded-service.ts";

interface Seen {
  /** As the status says it: another one is another retry. */
  readonly atMs: number;
  readonly seenMs: number;
}

export interface Now {
  /** Monotonic. */
  readonly nowMs: number;
  readonly wallMs: number;
}

export class Retries {
  readonly #seen = new Map<ServiceName, Map<SubsetName, Seen>>();
  #rounds = 0;

  /** ms; undefined: the version was never brought back. */
  agoMs(
    service: ServiceName,
    subset: SubsetName,
    { retried }: GuardStatus,
    now: Now,
  ): number | undefined {
    const atMs = retried.get(subset);
    return atMs === undefined ? undefined : now.nowMs - this.#look(service, subset, atMs, now);
  }

  /** Another round of looks begins; forgets all services but these. */
  keep(services: { has(service: ServiceName): boolean }): void {
    this.#rounds += 1;
    for (const each of this.#seen.keys()) if (!services.has(each)) this.#seen.delete(each);
  }

  #look(service: ServiceName, subset: SubsetName, atMs: number, { nowMs, wallMs }: Now): number {
    const ofService = this.#seen.get(service) ?? new Map<SubsetName, Seen>();
    this.#seen.set(service, ofService);
    const known = ofService.get(subset);
    if (known?.atMs === atMs) return known.seenMs;
    const isFound = this.#rounds <= 1;
    const seenMs = isFound ? nowMs - Math.max(0, wallMs - atMs) : nowMs;
    ofService.set(subset, { atMs, seenMs });
    return seenMs;
  }
}

const second = 1_000;

/**
 * For how long what proxies report has been of the time since a `retry` alone, ms, in whole seconds, since a signal has
 * the one under way besides. Reports come after what they tell of: for `limits.load.lateMs` there is nothing to look at.
 */
export const reportedSince = (retriedMs: number): number =>
  Math.max(0, Math.floor((retriedMs - limits.load.lateMs) / second) * second);

/** A version that was brought back is not judged by how it failed before. */
export function lookSince(look: Look, retriedMs: number | undefined): Look {
  const { guard } = look;
  if (retriedMs === undefined || guard.provider.kind !== "envoy") return look;
  const lookbackMs = Math.min(guard.lookbackMs, reportedSince(retriedMs));
  return { ...look, guard: { ...guard, lookbackMs } };
}

/**
 * Why nothing can be said yet; undefined: it can. Over which time a figure of another provider is, only its query knows,
 * and the guard's look-back is what people say of it.
 */
export function tooSoon(
  { guard, subset }: Look,
  retriedMs: number | undefined,
): string | undefined {
  const { provider, lookbackMs } = guard;
  if (retriedMs === undefined) return undefined;
  const ago = `${subset}: brought back ${duration(retriedMs)} ago`;
  if (provider.kind !== "envoy") {
    if (retriedMs >= lookbackMs) return undefined;
    return `${ago}, and figures over ${duration(lookbackMs)} know the time before`;
  }
  return lookbackMs > 0 ? undefined : `${ago}, and what proxies report may be of the time before`;
}
