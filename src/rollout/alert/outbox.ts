/**
 * Empties the outbox of alerts while this replica leads: what is there is delivered, and deleted then.
 * Two leaders in a row may both deliver one; its id tells the receiver.
 */
import { limits } from "../../config/limits.ts";
import { type Clock, systemClock } from "../../lib/clock.ts";
import { dropOldest } from "../../lib/drop-oldest.ts";
import type { Entry, Store } from "../../store/store.ts";
import type { Leader } from "../leader.ts";
import type { PendingAlert } from "./message.ts";
import { outboxPrefix, pendingAlerts } from "./outbox-entry.ts";
import { AlertSender, type SenderObserver, type SenderOptions } from "./sender.ts";

export interface OutboxObserver extends SenderObserver {
  /** A key that can be no alert of this version; told once. It stays. */
  broken(key: string, why: string): void;
}

export interface OutboxOptions extends Omit<SenderOptions, "observer" | "mayGoOn"> {
  readonly store: Store;
  readonly leader: Pick<Leader, "term">;
  readonly observer: OutboxObserver;
}

export class AlertOutbox {
  readonly #options: OutboxOptions;
  readonly #clock: Clock;
  readonly #sender: AlertSender;
  /** By id, as the last sweep found them. */
  #entries: ReadonlyMap<string, Entry> = new Map();
  readonly #toldBroken = new Set<string>();
  /** Alerts by service that reached nobody. */
  readonly #lost = new Map<string, number>();
  #sweep: Promise<void> | undefined;
  #isPoked = false;
  /** Some were left in the store at the last sweep, for want of room. */
  #isFull = false;
  #closed = false;
  #cancelNext: () => void = () => undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const { observer, leader } = options;
    this.#sender = new AlertSender({
      ...options,
      // Another leader delivers it by now, and nobody wants it an hour later once more.
      mayGoOn: () => leader.term() !== undefined,
      observer: {
        delivered: (alert) => {
          observer.delivered(alert);
          this.#settled(alert);
        },
        failed: (alert, why, attempt) => observer.failed(alert, why, attempt),
        givenUp: (alert, why) => {
          observer.givenUp(alert, why);
          this.#isLost(alert);
        },
        dropped: (alert) => {
          observer.dropped(alert);
          this.#isLost(alert);
        },
      },
    });
    this.#schedule();
  }

  /** An alert was written, or this replica has begun to lead. */
  poke(): void {
    if (this.#closed) return;
    if (this.#sweep !== undefined) {
      this.#isPoked = true;
      return;
    }
    this.#cancelNext();
    this.#sweep = this.#empty().finally(() => {
      this.#sweep = undefined;
      this.#schedule();
      if (!this.#isPoked) return;
      this.#isPoked = false;
      this.poke();
    });
  }

  /** How many alerts of a service this process has given up or dropped. */
  lost(service: string): number {
    return this.#lost.get(service) ?? 0;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelNext();
    await this.#sender.close();
    await this.#sweep;
  }

  #schedule(): void {
    if (this.#closed) return;
    this.#cancelNext();
    this.#cancelNext = this.#clock.after(limits.alerts.sweepMs, () => this.poke());
  }

  async #empty(): Promise<void> {
    const { leader, store, observer } = this.#options;
    if (leader.term() === undefined) return;
    const listed = await store.list(outboxPrefix);
    // Another sweep comes, and the store tells its health itself.
    if (!listed.ok || this.#closed || leader.term() === undefined) return;
    const { pending, broken } = pendingAlerts(listed.value.entries.values());
    for (const { entry, reason } of broken) {
      if (this.#toldBroken.has(entry.key)) continue;
      this.#toldBroken.add(entry.key);
      dropOldest(this.#toldBroken, limits.alerts.remembered);
      observer.broken(entry.key, reason);
    }
    this.#entries = new Map(pending.map(({ alert, entry }) => [alert.id, entry]));
    this.#isFull = false;
    for (const { alert, entry } of pending) {
      const offered = this.#sender.offer(alert);
      if (offered === "full") this.#isFull = true;
      if (offered === "settled") await this.#delete(entry);
    }
  }

  #isLost(alert: PendingAlert): void {
    const before = this.lost(alert.service);
    this.#lost.delete(alert.service);
    this.#lost.set(alert.service, before + 1);
    dropOldest(this.#lost, limits.alerts.remembered);
    this.#settled(alert);
  }

  #settled({ id }: PendingAlert): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    void this.#delete(entry).then(() => {
      if (this.#isFull) this.poke();
    });
  }

  /** Where it fails, the next sweep meets the alert again, and deletes it without sending it. */
  async #delete({ key, modRevision }: Entry): Promise<void> {
    const { store } = this.#options;
    await store.transact({ compare: [{ key, modRevision }], writes: [{ kind: "delete", key }] });
  }
}
