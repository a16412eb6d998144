/**
 * Which replicas have started and not ended in an orderly way: `status/members/<replica>`, which outlives
 * `status/replicas/<replica>` by minutes. One that has the first key and not the second is lost: it has crashed, or
 * is cut off from the store, and then its proxies go on with what they have (docs/adr/0051).
 */
import { limits } from "../config/limits.ts";
import { LeasedKey } from "./leased-key.ts";
import { membersFolder, replicasFolder } from "./replica-folders.ts";
import type { TellingOptions } from "./told-by-replicas.ts";

export interface MemberOptions extends TellingOptions {
  /** No two processes that run have the same; undefined: it cannot be told. */
  readonly place: string | undefined;
}

export class ReplicaMembers {
  readonly #options: MemberOptions;
  readonly #key: LeasedKey;
  readonly #untap: () => void;
  /** By replica, its place. */
  readonly #members = new Map<string, string>();
  readonly #heard = new Set<string>();
  /** By replica, since when, by the monotonic clock. */
  readonly #lost = new Map<string, number>();
  readonly #forgotten = new Set<string>();
  #hasOpened = false;

  constructor(options: MemberOptions) {
    this.#options = options;
    const { store, clock, replica, onTrouble, taps, place = "" } = options;
    const { memberTtlSeconds: ttlSeconds } = limits.replicas;
    const key = membersFolder + replica;
    this.#key = new LeasedKey({ store, clock, key, ttlSeconds, onTrouble });
    this.#untap = taps.add([membersFolder, replicasFolder], {
      start: ({ entries }) => this.#take([...entries.values()], []),
      change: ({ puts, deletes }) => this.#take(puts, deletes),
    });
    this.#key.publish(Buffer.from(JSON.stringify(place)));
  }

  get written(): Promise<void> {
    return this.#key.written;
  }

  /** By replica, for how long nothing has been heard of it, ms, as far as this one was there. */
  lost(): ReadonlyMap<string, number> {
    const nowMs = this.#options.clock.monotonicMs();
    return new Map([...this.#lost].map(([replica, sinceMs]) => [replica, nowMs - sinceMs]));
  }

  /** This one's port is bound. */
  opened(): void {
    this.#hasOpened = true;
    this.#forgetPredecessors();
  }

  async close(): Promise<void> {
    this.#untap();
    await this.#key.close();
  }

  #take(
    puts: readonly { readonly key: string; readonly value: Uint8Array }[],
    deletes: readonly string[],
  ): void {
    for (const key of deletes) {
      if (key.startsWith(membersFolder)) this.#members.delete(nameOf(key));
      else this.#heard.delete(nameOf(key));
    }
    for (const { key, value } of puts) {
      if (key.startsWith(membersFolder)) {
        this.#members.set(nameOf(key), Buffer.from(value).toString());
      } else this.#heard.add(nameOf(key));
    }
    const nowMs = this.#options.clock.monotonicMs();
    for (const replica of this.#lost.keys()) {
      if (!this.#isLost(replica)) this.#lost.delete(replica);
    }
    for (const replica of this.#members.keys()) {
      if (this.#isLost(replica) && !this.#lost.has(replica)) this.#lost.set(replica, nowMs);
    }
    this.#forgetPredecessors();
  }

  #isLost(replica: string): boolean {
    const isOther = replica !== this.#options.replica;
    return isOther && this.#members.has(replica) && !this.#heard.has(replica);
  }

  /** One that drains is heard of until its last proxy has gone, and is none of these. */
  #forgetPredecessors(): void {
    const { place, store } = this.#options;
    if (!this.#hasOpened || place === undefined) return;
    const own = JSON.stringify(place);
    for (const replica of this.#lost.keys()) {
      if (this.#members.get(replica) !== own || this.#forgotten.has(replica)) continue;
      this.#forgotten.add(replica);
      const writes = [{ kind: "delete", key: membersFolder + replica }] as const;
      // Where it fails, the key ends by itself.
      void store.transact({ compare: [], writes });
    }
  }
}

const nameOf = (key: string): string => key.slice(key.lastIndexOf("/") + 1);
