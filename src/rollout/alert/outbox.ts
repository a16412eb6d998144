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
  /** Entries by id, as they were when their alerts were offered. */
  readonly #offered = new Map<string, Entry>();
  readonly #toldBroken = new Set<string>();
  #sweep: Promise<void> | undefined;
  #isPoked = false;
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
          this.#settled(alert);
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
    if (!listed.ok || this.#closed) return;
    const { pending, broken } = pendingAlerts(listed.value.entries.values());
    for (const { entry, reason } of broken) {
      if (this.#toldBroken.has(entry.key)) continue;
      this.#toldBroken.add(entry.key);
      dropOldest(this.#toldBroken, limits.alerts.remembered);
      observer.broken(entry.key, reason);
    }
    for (const { alert, entry } of pending) {
      const offered = this.#sender.offer(alert);
      if (offered === "taken") this.#offered.set(alert.id, entry);
      if (offered === "delivered") await this.#delete(entry);
    }
  }

  #settled({ id }: PendingAlert): void {
    const entry = this.#offered.get(id);
    this.#offered.delete(id);
    if (entry !== undefined) void this.#delete(entry);
  }

  /** Where it fails, the next sweep meets the alert again, and deletes it without sending it. */
  async #delete({ key, modRevision }: Entry): Promise<void> {
    const { store } = this.#options;
    await store.transact({ compare: [{ key, modRevision }], writes: [{ kind: "delete", key }] });
  }
}
