/**
 * The last alerts that this replica has seen: those in the outbox wait, and one that has gone from there was
 * delivered, unless this replica gave it up. Pure; whoever follows the store tells it what happens there.
 */
import { dropOldest } from "../../lib/drop-oldest.ts";
import type { Entry } from "../../store/store.ts";
import type { PendingAlert } from "./message.ts";
import { outboxPrefix, readAlert } from "./outbox-entry.ts";

export interface SeenAlert {
  readonly alert: PendingAlert;
  readonly state: "waiting" | "delivered" | "lost";
}

export class AlertLog {
  readonly #max: number;
  readonly #onChange: (seen: SeenAlert) => void;
  /** By id, those that wait: as many as the store has. */
  readonly #waiting = new Map<string, PendingAlert>();
  /** Of those, how many by service. */
  readonly #counts = new Map<string, number>();
  /** By id, in the order in which they were seen, which is nearly that of their times. */
  readonly #seen = new Map<string, SeenAlert>();

  /** `max`: how many are remembered. */
  constructor(max: number, onChange: (seen: SeenAlert) => void) {
    this.#max = max;
    this.#onChange = onChange;
  }

  /** Newest first. */
  seen(): readonly SeenAlert[] {
    return [...this.#seen.values()].toSorted((a, b) => b.alert.atMs - a.alert.atMs);
  }

  /** Of a service, the oldest first. */
  waiting(service: string): readonly PendingAlert[] {
    if (this.waitingCount(service) === 0) return [];
    return [...this.#waiting.values()]
      .filter((alert) => alert.service === service)
      .toSorted((a, b) => a.atMs - b.atMs);
  }

  waitingCount(service: string): number {
    return this.#counts.get(service) ?? 0;
  }

  /** An entry of the outbox. What cannot be read never arrives, and is the outbox's to tell of. */
  put(entry: Entry): void {
    const read = readAlert(entry);
    if (!read.ok) {
      this.#leave(entry.key);
      return;
    }
    const { id, service } = read.value;
    if (!this.#waiting.has(id)) this.#count(service, 1);
    this.#waiting.set(id, read.value);
    this.#remember({ alert: read.value, state: "waiting" });
  }

  /** A key of the outbox has gone. */
  gone(key: string): void {
    const alert = this.#leave(key);
    if (alert === undefined || this.#seen.get(alert.id)?.state === "lost") return;
    this.#remember({ alert, state: "delivered" });
  }

  /** This replica will not deliver it. */
  lost(alert: PendingAlert): void {
    this.#remember({ alert, state: "lost" });
  }

  #leave(key: string): PendingAlert | undefined {
    const id = key.slice(outboxPrefix.length);
    const alert = this.#waiting.get(id);
    if (alert === undefined) return undefined;
    this.#waiting.delete(id);
    this.#count(alert.service, -1);
    return alert;
  }

  #count(service: string, by: number): void {
    const count = this.waitingCount(service) + by;
    if (count === 0) this.#counts.delete(service);
    else this.#counts.set(service, count);
  }

  #remember(seen: SeenAlert): void {
    this.#seen.set(seen.alert.id, seen);
    dropOldest(this.#seen, this.#max);
    this.#onChange(seen);
  }
}
