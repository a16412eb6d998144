/**
 * What each replica tells the others of itself: one key of its own in a folder of the store, such as
 * `status/acks/<replica>`, under a lease, so that it goes when the replica does.
 */
import type { Clock } from "../lib/clock.ts";
import type { Entry, Store } from "../store/store.ts";
import type { EntryTaps } from "./entry-taps.ts";
import { LeasedKey } from "./leased-key.ts";

export interface TellingOptions {
  readonly store: Pick<Store, "lease" | "transact">;
  readonly clock: Clock;
  /** Of this process alone. */
  readonly replica: string;
  readonly taps: Pick<EntryTaps, "add">;
  readonly onTrouble: (message: string | undefined) => void;
}

export class ToldByReplicas<T> {
  readonly #publisher: LeasedKey;
  readonly #others = new Map<string, T>();
  readonly #untap: () => void;
  #told = "";

  /** `folder` ends with a slash; `read` is total. */
  constructor(options: TellingOptions, folder: string, read: (value: Uint8Array) => T) {
    const { store, clock, replica, taps, onTrouble } = options;
    const own = folder + replica;
    this.#publisher = new LeasedKey({ store, clock, key: own, onTrouble });
    const take = ({ key, value }: Entry): void => {
      if (key !== own) this.#others.set(key.slice(folder.length), read(value));
    };
    this.#untap = taps.add([folder], {
      start: ({ entries }) => entries.forEach(take),
      change: ({ puts, deletes }) => {
        for (const key of deletes) this.#others.delete(key.slice(folder.length));
        for (const entry of puts) take(entry);
      },
    });
  }

  /** By replica, this one left out. */
  get others(): ReadonlyMap<string, T> {
    return this.#others;
  }

  /** Resolves when the store has confirmed what was told first. */
  get written(): Promise<void> {
    return this.#publisher.written;
  }

  /** Whether the others can hear this replica. */
  get isHeard(): boolean {
    return this.#publisher.isThere;
  }

  /** Written if it is news; empty: there is nothing to tell, and no key. */
  tell(value: string): void {
    if (value === this.#told) return;
    this.#told = value;
    this.#publisher.publish(value === "" ? undefined : Buffer.from(value));
  }

  /** Takes the key away, as far as the store is there. */
  async close(): Promise<void> {
    this.#untap();
    await this.#publisher.close();
  }
}
