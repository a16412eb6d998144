/**
 * How long ago versions were brought back, by this process's own clock: from when it saw that. What the status
 * says is of the clock of whoever ran `retry`, and one that is an hour ahead would blind the guard for that hour.
 * A process that sees it only at its start has counted nothing from before.
 */
import type { ServiceName, SubsetName } from "../../model/names.ts";
import type { GuardStatus } from "../../model/rollout-status.ts";
import type { Look } from "./guarded-service.ts";

interface Seen {
  /** As the status says it: another one is another retry. */
  readonly atMs: number;
  readonly seenMs: number;
}

export class Retries {
  readonly #seen = new Map<ServiceName, Map<SubsetName, Seen>>();

  /** A version that was brought back is not judged by how it failed before. `nowMs` is monotonic. */
  since(service: ServiceName, look: Look, { retried }: GuardStatus, nowMs: number): Look {
    const atMs = retried.get(look.subset);
    if (atMs === undefined) return look;
    const { seenMs } = this.#look(service, look.subset, atMs, nowMs);
    const lookbackMs = Math.min(look.guard.lookbackMs, nowMs - seenMs);
    return { ...look, guard: { ...look.guard, lookbackMs } };
  }

  /** Forgets all services but these. */
  keep(services: { has(service: ServiceName): boolean }): void {
    for (const each of this.#seen.keys()) if (!services.has(each)) this.#seen.delete(each);
  }

  #look(service: ServiceName, subset: SubsetName, atMs: number, nowMs: number): Seen {
    const ofService = this.#seen.get(service) ?? new Map<SubsetName, Seen>();
    this.#seen.set(service, ofService);
    const known = ofService.get(subset);
    if (known?.atMs === atMs) return known;
    const seen = { atMs, seenMs: nowMs };
    ofService.set(subset, seen);
    return seen;
  }
}
