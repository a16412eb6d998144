/**
 * Follows a prefix of etcd without ever losing a change: list, watch from the list's revision, and
 * list again whenever the chain of revisions breaks (the reflector of Kubernetes). The first list and
 * every later difference go to one sink; while etcd is away the last good state stays in force.
 */
import { type Clock, systemClock } from "../lib/clock.ts";
import { type Coalescer, coalesce } from "../lib/coalesce.ts";
import type { Result } from "../lib/result.ts";
import { backoffMs } from "./backoff.ts";
import { applyChange, difference, isEmptyChange } from "./change.ts";
import { Audit, type Mismatches, mismatches } from "./etcd-audit.ts";
import type { EtcdClient } from "./etcd-client.ts";
import { explain } from "./etcd-errors.ts";
import { type Listing, listPaged } from "./etcd-list.ts";
import { type EtcdOptions, effectiveLimits, type StoreLimits } from "./etcd-options.ts";
import { type SessionEnd, WatchSession } from "./etcd-session.ts";
import type { RelistReason } from "./etcd-stream.ts";
import {
  countUnder,
  type Guarded,
  heldMessage,
  lostInList,
  lostWith,
  touchesObjects,
} from "./mass-delete.ts";
import type { Entry, StoreChange, StoreError, StoreSink, Watch } from "./store.ts";

export class Reflector implements Watch {
  readonly #client: EtcdClient;
  readonly #options: EtcdOptions;
  readonly #bounds: StoreLimits;
  readonly #clock: Clock;
  readonly #prefix: Buffer;
  readonly #sink: StoreSink;
  /** What the sink was told, by key. */
  readonly #entries = new Map<string, Entry>();
  /** Keys whose loss at once is held; Infinity: no loss is. */
  readonly #leastLoss: number;
  #started = false;
  /** Revision to watch from. */
  #applied = 0n;
  /** Revision of what the sink has; a list below it means that history went back. */
  #reached = 0n;
  #clusterId = "";
  /** The mass-delete guard holds the last good state against an etcd that lost its keys. */
  #held = false;
  /** Which keys it was that went at once. */
  #gone: Guarded = "";
  /** Keys that come back one by one are taken when none was written for a while. */
  readonly #refill: Coalescer;
  #refilled = false;
  #health: { connected: boolean; message: string } | undefined;
  #attempt = 0;
  #session: WatchSession | undefined;
  #wake: () => void = () => undefined;
  #closed = false;
  readonly #done: Promise<void>;

  /** Takes over `client` and closes it at the end. */
  constructor(client: EtcdClient, options: EtcdOptions, prefix: string, sink: StoreSink) {
    this.#client = client;
    this.#options = options;
    this.#bounds = effectiveLimits(options);
    this.#leastLoss = options.allowEmpty ? Number.POSITIVE_INFINITY : this.#bounds.massDeleteKeys;
    this.#clock = options.clock ?? systemClock;
    this.#prefix = Buffer.from(prefix);
    this.#sink = sink;
    const { heldQuietMs: quietMs, heldMaxMs: maxMs } = this.#bounds;
    this.#refill = coalesce(this.#clock, { quietMs, maxMs }, () => {
      this.#refilled = true;
      this.#session?.finish({ kind: "relist", reason: "held", detail: "keys came back" });
    });
    this.#done = this.#run();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#refill.cancel();
    this.#session?.finish({ kind: "closed" });
    this.#wake();
    this.#client.close();
    await this.#done;
  }

  async #run(): Promise<void> {
    let relist: RelistReason | undefined = "start";
    while (!this.#closed) {
      if (relist !== undefined && !(await this.#relist(relist))) {
        await this.#pause();
        continue;
      }
      const end = await this.#follow();
      if (this.#closed || end.kind === "closed") return;
      relist = this.#reasonAfter(end);
      await this.#pause();
    }
  }

  #reasonAfter(end: Exclude<SessionEnd, { kind: "closed" }>): RelistReason | undefined {
    const action = end.kind === "relist" ? "listing everything again" : "connecting again";
    // A planned relist is no loss of contact.
    const planned = end.kind === "relist" && (end.reason === "held" || end.reason === "divergence");
    if (!planned) this.#tell(false, `etcd ${this.#client.endpoint}: ${end.detail}; ${action}`);
    if (end.kind === "relist") return end.reason;
    this.#client.rebuild();
    return this.#held ? "held" : undefined;
  }

  // ---- list

  /** False when etcd could not be read; nothing has changed then. */
  async #relist(reason: RelistReason): Promise<boolean> {
    const listed = await this.#list(false);
    if (this.#closed) return false;
    if (!listed.ok) {
      const effect = this.#started
        ? "the last good state stays in force"
        : "nothing is served yet; trying again";
      this.#tell(false, `${listed.error.message}; ${effect}`);
      return false;
    }
    const listing = listed.value;
    this.#options.onEvent?.({ kind: "relist", reason });
    // A member that lags behind its own cluster; the list came from the leader's state.
    if (reason === "behind" && listing.revision >= this.#applied) this.#client.rebuild();
    this.#take(listing);
    return true;
  }

  #take(listing: Listing): void {
    this.#applied = listing.revision;
    this.#clusterId = listing.clusterId;
    const refilled = this.#refilled || this.#options.allowEmpty === true;
    this.#refilled = false;
    const gone = lostInList(this.#entries, listing.entries, this.#leastLoss);
    if (!this.#started) this.#start(listing);
    else if (gone !== undefined) this.#hold(gone, 0);
    else if (this.#isRefilling(listing) && !refilled) {
      this.#hold(this.#gone, countUnder(listing.entries.keys(), this.#gone));
      this.#refill.poke();
    } else this.#replace(listing);
  }

  /** An etcd that lost its keys and has some again: registries and people put them back one by one. */
  #isRefilling({ entries, revision }: Listing): boolean {
    // A history that went back may have lost any key, whichever were missed first.
    if (revision < this.#reached) this.#gone = "";
    else if (!this.#held) return false;
    return countUnder(entries.keys(), this.#gone) < countUnder(this.#entries.keys(), this.#gone);
  }

  #replace(listing: Listing): void {
    const before = this.#reached;
    const rewound = listing.revision < before;
    this.#held = false;
    this.#reached = listing.revision;
    const change = difference(this.#entries, listing.entries, listing.revision);
    if (!isEmptyChange(change) || rewound) this.#deliver(change);
    if (!rewound) return;
    this.#options.onEvent?.({ kind: "rewound" });
    const message =
      `the history of etcd went back from revision ${before} to ${listing.revision} ` +
      "(wiped, or restored from a backup); its present state was taken whole";
    this.#tell(true, `etcd ${this.#client.endpoint}: ${message}`);
  }

  #start(listing: Listing): void {
    for (const [key, entry] of listing.entries) this.#entries.set(key, entry);
    this.#started = true;
    this.#reached = listing.revision;
    this.#sink.start({ revision: listing.revision, entries: new Map(listing.entries) });
  }

  /** Keeps the last good state; `keys` is how many there are in etcd now of those that went. */
  #hold(gone: Guarded, keys: number): void {
    this.#held = true;
    this.#gone = gone;
    this.#options.onEvent?.({ kind: "held", keys: this.#entries.size });
    const message = heldMessage({
      prefix: this.#prefix.toString(),
      gone,
      were: countUnder(this.#entries.keys(), gone),
      are: keys,
      rewound: this.#applied < this.#reached,
      quietMs: this.#bounds.heldQuietMs,
    });
    this.#tell(false, `etcd ${this.#client.endpoint}: ${message}`);
  }

  async #list(keysOnly: boolean): Promise<Result<Listing, StoreError>> {
    const request = { from: this.#prefix, prefixBytes: this.#prefix.length, keysOnly };
    const listed = await listPaged(this.#client, request, this.#bounds);
    if (listed.ok && !keysOnly) {
      const { entries, pages } = listed.value;
      this.#options.onEvent?.({ kind: "list", keys: entries.size, pages });
    }
    return listed;
  }

  // ---- watch

  async #follow(): Promise<SessionEnd> {
    const opened = await this.#client.openWatch();
    if (!opened.ok) {
      return { kind: "resume", detail: explain(opened.error) };
    }
    if (this.#closed) {
      opened.value.on("error", () => undefined);
      opened.value.cancel();
      return { kind: "closed" };
    }
    let createdAt: number | undefined;
    let audit: Audit | undefined;
    const session = new WatchSession({
      stream: opened.value,
      prefix: this.#prefix,
      state: {
        applied: this.#applied,
        clusterId: this.#clusterId,
        prefixBytes: this.#prefix.length,
        fragments: [],
      },
      clock: this.#clock,
      bounds: this.#bounds,
      onCreated: () => {
        createdAt = this.#clock.monotonicMs();
        if (!this.#held) this.#connected();
        audit = this.#auditWhile(session);
      },
      onChange: (change) => this.#change(change),
      onContact: () => this.#options.onEvent?.({ kind: "contact" }),
    });
    this.#session = session;
    const end = await session.ended;
    this.#session = undefined;
    audit?.stop();
    const healthyMs = createdAt === undefined ? 0 : this.#clock.monotonicMs() - createdAt;
    if (healthyMs >= this.#bounds.backoffResetMs) this.#attempt = 0;
    return end;
  }

  #change(change: StoreChange): void {
    this.#applied = change.revision;
    const gone = lostWith(this.#entries, change, this.#leastLoss);
    if (this.#held) {
      if (touchesObjects(change)) this.#refill.poke();
    } else if (gone === undefined) this.#deliver(change);
    else this.#hold(gone, 0);
  }

  #deliver(change: StoreChange): void {
    if (this.#closed) return;
    applyChange(this.#entries, change);
    this.#reached = change.revision;
    this.#sink.change(change);
  }

  // ---- audit

  #auditWhile(session: WatchSession): Audit {
    return new Audit({
      clock: this.#clock,
      bounds: this.#bounds,
      look: () => this.#compare(),
      onDivergence: (keys) => {
        this.#options.onEvent?.({ kind: "divergence", keys });
        session.finish({ kind: "relist", reason: "divergence", detail: `${keys} keys differ` });
      },
    });
  }

  async #compare(): Promise<Mismatches | undefined> {
    if (this.#held) return undefined;
    const listed = await this.#list(true);
    if (!listed.ok || this.#held) return undefined;
    this.#options.onEvent?.({ kind: "audit", keys: listed.value.entries.size });
    return mismatches(this.#entries, listed.value.entries);
  }

  // ---- health and waiting

  #connected(): void {
    // An alarm about a rewound history stays the last word until the next loss of contact.
    if (this.#health?.connected) return;
    this.#tell(true, `etcd ${this.#client.endpoint}: watching from revision ${this.#applied}`);
  }

  #tell(connected: boolean, message: string, held = false): void {
    if (this.#closed) return;
    if (this.#health?.connected === connected && this.#health.message === message) return;
    this.#health = { connected, message };
    this.#sink.health({ connected, message, ...(held && { held }) });
  }

  async #pause(): Promise<void> {
    const random = (this.#options.random ?? Math.random)();
    const ms = backoffMs(this.#attempt, this.#bounds, random);
    this.#attempt += 1;
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
      if (this.#closed) this.#wake();
    });
  }
}
