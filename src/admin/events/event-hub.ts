/**
 * Who reads events, and what they are told when something moves. It follows the process only while somebody
 * reads, tells at most once a second of each thing, and looks at no service that nobody asked for.
 */
import type { EventBodies, EventName } from "../../api/events.ts";
import { limits } from "../../config/limits.ts";
import type { Clock } from "../../lib/clock.ts";
import type { ServiceName } from "../../model/names.ts";
import type { SeenAlert } from "../../rollout/alert/alert-log.ts";
import { alertJson } from "../live/alert-json.ts";
import type { Summaries } from "../live/service-summary.ts";
import { revisionNumber } from "../revision.ts";
import type { AdminSources } from "../sources.ts";
import type { Built, ChangeListener } from "./change-feed.ts";
import { beatBytes, eventBytes } from "./event-json.ts";
import { Pace } from "./pace.ts";
import { proxyCounts } from "./proxy-counts.ts";
import { ServiceCells } from "./service-cells.ts";
import {
  type Cell,
  type EndOfStream,
  Subscription,
  type SubscriptionOptions,
} from "./subscription.ts";
import { type Seen, touchedServices } from "./touched-services.ts";

const bounds = limits.live;

export type HubSources = Pick<
  AdminSources,
  "changes" | "figures" | "state" | "translation" | "xds"
>;

export interface EventHubOptions {
  readonly sources: HubSources;
  readonly summaries: Summaries;
  readonly store: () => EventBodies["store"];
  readonly clock: Clock;
  readonly onEnd: (why: EndOfStream) => void;
}

type Reader = Pick<SubscriptionOptions, "mayGoOn" | "token">;

/** Says one thing. */
const saying = <N extends EventName>(name: N, body: EventBodies[N]): Cell => {
  let bytes: Uint8Array | undefined;
  return { take: () => (bytes ??= eventBytes(name, body)) };
};

const beat: Cell = { take: () => beatBytes };

export class EventHub implements ChangeListener {
  readonly #options: EventHubOptions;
  readonly #subscriptions = new Set<Subscription>();
  readonly #services: Pace;
  readonly #proxies: Pace;
  #cells: ServiceCells;
  #alerts = new Map<string, Cell>();
  readonly #proxyCell: Cell;
  #proxyBytes: Uint8Array | undefined;
  #proxiesSaid = "";
  readonly #storeCell: Cell;
  readonly #changedCell: Cell = { take: () => this.#changed };
  #changed: Uint8Array | undefined;
  readonly #keys = new Set<string>();
  readonly #touched = new Set<string>();
  /** Services of the last step. */
  #stepped: ReadonlySet<string> = new Set();
  #revision: bigint | undefined;
  /** Of the last change that was told. */
  #toldRevision = 0n;
  /** Who reads since before the first list: nothing is whole yet. */
  readonly #early = new Set<Subscription>();
  /** As of the last time that something was told; undefined while nobody reads. */
  #seen: Seen | undefined;
  #unfollow: (() => void) | undefined;
  #cancelBeat: () => void = () => undefined;

  constructor(options: EventHubOptions) {
    this.#options = options;
    this.#cells = new ServiceCells(options.summaries);
    const { clock } = options;
    this.#services = new Pace(clock, bounds.eventMs, () => this.#tellServices());
    this.#proxies = new Pace(clock, bounds.eventMs, () => this.#tellProxies());
    this.#storeCell = { take: () => eventBytes("store", options.store()) };
    this.#proxyCell = { take: () => (this.#proxyBytes ??= this.#countProxies()) };
  }

  get size(): number {
    return this.#subscriptions.size;
  }

  /** Services of which something is kept for readers. */
  get kept(): number {
    return this.#cells.size;
  }

  /** Why there is no room for another reader with this token, or without one; undefined: there is. */
  fullFor(token: string | undefined): string | undefined {
    if (this.size >= bounds.eventStreams) {
      return `${this.size} streams of events are open, as many as may be`;
    }
    if (token === undefined) return undefined;
    const own = [...this.#subscriptions].filter((each) => each.token === token).length;
    if (own < bounds.eventStreamsPerToken) return undefined;
    return `${own} streams of events are open by the token ${token}, as many as one token may have`;
  }

  /** `services` undefined: all. There is room for it: `fullFor`. */
  subscribe(
    services: ReadonlySet<string> | undefined,
    hello: EventBodies["hello"],
    { mayGoOn = () => true, token }: Partial<Reader> = {},
  ): Subscription {
    if (this.size === 0) this.#follow();
    const subscription = new Subscription({
      ...{ services, mayGoOn, token },
      onEnd: (...end) => this.#left(...end),
    });
    this.#subscriptions.add(subscription);
    const nowMs = this.#options.clock.monotonicMs();
    const names = services ?? this.#options.sources.state().services.keys();
    subscription.add(saying("hello", hello), nowMs);
    for (const name of names) subscription.add(this.#atFirst(name), nowMs);
    // By it a reader knows that it has heard of all there are.
    if (this.#options.sources.translation() === undefined) this.#early.add(subscription);
    else subscription.add(this.#proxyCell, nowMs);
    return subscription;
  }

  /** Whoever asks for names that nobody has leaves nothing behind; one that comes is told when it does. */
  #atFirst(name: string): Cell {
    const isThere = this.#options.sources.state().services.has(name as ServiceName);
    return isThere ? this.#cells.service(name) : saying("gone", { service: name });
  }

  /** All readers end. */
  close(): void {
    for (const each of [...this.#subscriptions]) each.end("closing");
  }

  built({ revision, changedKeys }: Built): void {
    this.#revision = revision;
    for (const key of changedKeys) this.#keys.add(key);
    this.#services.poke();
  }

  touched(service: string): void {
    this.#touched.add(service);
    this.#services.poke();
  }

  proxiesMoved(): void {
    this.#proxies.poke();
  }

  alerted(seen: SeenAlert): void {
    const { id, service } = seen.alert;
    const before = this.#alerts.get(id);
    const cell = saying("alert", alertJson(seen));
    this.#alerts.set(id, cell);
    for (const each of this.#subscriptions) {
      if (!each.wants(service)) continue;
      if (before !== undefined) each.remove(before);
      each.add(cell, this.#nowMs());
    }
    const [oldest] = this.#alerts;
    if (oldest !== undefined && this.#alerts.size > bounds.alerts) {
      this.#alerts.delete(oldest[0]);
      for (const each of this.#subscriptions) each.remove(oldest[1]);
    }
    this.touched(service);
  }

  storeMoved(): void {
    this.#tell(this.#storeCell);
  }

  stepped(): void {
    const now = new Set(this.#options.sources.figures().figures.services());
    // What has no figures any more is told once.
    for (const name of new Set([...now, ...this.#stepped])) {
      if (this.#isWanted(name)) this.#tell(this.#cells.stepped(name), name);
    }
    this.#stepped = now;
  }

  #nowMs(): number {
    return this.#options.clock.monotonicMs();
  }

  #look(): Seen {
    const { sources, summaries } = this.#options;
    const translation = sources.translation();
    return { state: sources.state(), translation, diagnosed: summaries.diagnosed() };
  }

  #follow(): void {
    this.#seen = this.#look();
    this.#toldRevision = this.#seen.state.revision;
    this.#unfollow = this.#options.sources.changes.add(this);
    this.#cancelBeat = this.#options.clock.after(bounds.beatMs, () => this.#beat());
  }

  #left(subscription: Subscription, why: EndOfStream): void {
    this.#subscriptions.delete(subscription);
    this.#early.delete(subscription);
    this.#options.onEnd(why);
    if (this.size > 0) return;
    this.#unfollow?.();
    this.#cancelBeat();
    this.#services.cancel();
    this.#proxies.cancel();
    this.#cells = new ServiceCells(this.#options.summaries);
    this.#alerts = new Map();
    this.#proxyBytes = undefined;
    this.#keys.clear();
    this.#touched.clear();
    this.#stepped = new Set();
  }

  #beat(): void {
    this.#cancelBeat = this.#options.clock.after(bounds.beatMs, () => this.#beat());
    const nowMs = this.#nowMs();
    for (const each of [...this.#subscriptions]) {
      if (!each.mayGoOn()) each.end("refused");
      else if (each.waitedMs(nowMs) >= bounds.stallMs) each.end("stalled");
      else each.add(beat, nowMs);
    }
  }

  #isWanted(service: string): boolean {
    for (const each of this.#subscriptions) if (each.wants(service)) return true;
    return false;
  }

  #tell(cell: Cell, service?: string): void {
    const nowMs = this.#nowMs();
    for (const each of this.#subscriptions) {
      if (service === undefined || each.wants(service)) each.add(cell, nowMs);
    }
  }

  /** Goes on a turn later where it takes long: there are proxies to answer. */
  #tellServices(): boolean {
    this.#gather();
    const beganMs = this.#nowMs();
    for (const name of this.#touched) {
      if (this.#nowMs() - beganMs > bounds.turnMs) return false;
      this.#touched.delete(name);
      if (this.#isWanted(name)) this.#tellService(name);
    }
    if (this.#seen?.translation !== undefined && this.#early.size > 0) {
      this.#early.clear();
      this.#tellCounts();
    }
    return true;
  }

  /** What was built since the last time. */
  #gather(): void {
    const now = this.#look();
    if (this.#keys.size > 0 && this.#revision !== undefined) {
      this.#changed = eventBytes("changed", {
        revision: revisionNumber(this.#revision),
        since: revisionNumber(this.#toldRevision),
        keys: [...this.#keys].slice(0, bounds.changedKeys),
        more: Math.max(0, this.#keys.size - bounds.changedKeys),
      });
      this.#toldRevision = this.#revision;
      this.#tell(this.#changedCell);
    }
    for (const name of touchedServices(this.#seen ?? now, now, this.#keys)) this.#touched.add(name);
    this.#seen = now;
    this.#keys.clear();
  }

  #tellService(name: string): void {
    const cell = this.#cells.renewed(name);
    if (cell === undefined) return;
    this.#tell(cell, name);
    if (!cell.isGone) return;
    const figures = this.#cells.forget(name);
    if (figures !== undefined) for (const each of this.#subscriptions) each.remove(figures);
  }

  #tellProxies(): boolean {
    const before = this.#proxiesSaid;
    this.#proxyBytes = this.#countProxies();
    if (this.#proxiesSaid !== before) this.#tellCounts();
    return true;
  }

  #tellCounts(): void {
    for (const each of this.#subscriptions) {
      if (!this.#early.has(each)) each.add(this.#proxyCell, this.#nowMs());
    }
  }

  #countProxies(): Uint8Array {
    const counts = proxyCounts(this.#options.sources.xds.streams());
    // What is on its way becomes stale by time alone.
    if (counts.pending > 0) this.#proxies.poke();
    this.#proxiesSaid = JSON.stringify(counts);
    return eventBytes("proxies", counts);
  }
}
