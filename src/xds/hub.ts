/**
 * All streams of this server: who sees which view, who is woken by a change, and what the proxies
 * have ACKed. A wake-up is one flag per stream, however many changes it stands for.
 */
import { limits } from "../config/limits.ts";
import type { Clock } from "../lib/clock.ts";
import type { Progress } from "../snapshot/retirement.ts";
import type { TypeUrl } from "../snapshot/type-url.ts";
import type { ResourceChange, View } from "../snapshot/view.ts";
import { ApplyWaits, type Question, typeProgress, type WaitTimes } from "./apply-waits.ts";
import { Doubts } from "./doubts.ts";
import { type EndReason, reasons } from "./end-reason.ts";
import type { GroupView } from "./group-view.ts";
import { HeartbeatTimers } from "./heartbeat-timers.ts";
import { LoadStreams } from "./load/load-streams.ts";
import { type Message, MessagePool } from "./message-pool.ts";
import type { ConnectedProxy } from "./node.ts";
import type { XdsObserver } from "./observer.ts";
import { PushRound } from "./push-round.ts";
import { type ResourceKey, type Runner, runnersOf } from "./running.ts";
import type { Received } from "./sotw.ts";
import { StatsCalls } from "./stats/stats-calls.ts";
import { type StreamHost, type ViewOfNode, type Wire, XdsStream } from "./stream.ts";
import { StreamEvents } from "./stream-events.ts";
import type { Variant } from "./stream-state.ts";
import { StreamsByView } from "./streams-by-view.ts";
import { Sweeps } from "./sweeps.ts";
import { hasApplied, type InFlight } from "./type-state.ts";
import { Wakes } from "./wakes.ts";

export interface HubOptions {
  readonly clock: Clock;
  readonly observer: XdsObserver;
  /** Identifies this server towards proxies: `control_plane.identifier`. */
  readonly controlPlane: string;
  /** Between two load reports of a proxy, at the least; undefined: none are taken. */
  readonly loadIntervalMs?: number | undefined;
  /** The view of a proxy; undefined: the stream stays silent until `reselect`. */
  viewOf(proxy: ConnectedProxy): ViewOfNode;
  /** Retiring resources were let go, or taken over from another view. */
  onReleased?(view: View, changes: readonly ResourceChange[]): void;
  /** Streams are about to pass from one view to the other. */
  onMoved?(from: View, to: View): void;
}

export class Hub implements StreamHost {
  readonly pool: MessagePool;
  readonly doubts = new Doubts();
  /** Streams of load reports, which have views of nothing. */
  readonly loads: LoadStreams | undefined;
  /** Calls with statistics of Envoys; undefined where nobody wants to hear of them. */
  readonly stats: StatsCalls | undefined;
  readonly clock: Clock;
  readonly #options: HubOptions;
  readonly #streams = new Set<XdsStream>();
  readonly #byView = new StreamsByView();
  readonly #awake: Wakes;
  readonly #waits: ApplyWaits;
  readonly #added: ((proxy: ConnectedProxy) => boolean)[] = [];
  /** What waits have to look at after this turn. */
  readonly #stepped = new Set<XdsStream>();
  readonly #timers = new Map<XdsStream, () => void>();
  readonly #round: PushRound;
  readonly #events: StreamEvents;
  readonly #heartbeats: HeartbeatTimers;
  readonly #sweeps: Sweeps;
  readonly #drains: (() => void)[] = [];
  /** Views that a proxy has passed between in this turn, from and to. */
  readonly #moves = new Map<View, Set<View>>();
  /** Views of the streams that this `reselect` has looked up so far. */
  #selected: Set<View> | undefined;
  #draining = false;
  #closed = false;
  #flushScheduled = false;
  /** Turns that the round which is not told yet has taken. */
  #slices = 0;

  constructor(options: HubOptions) {
    this.#options = options;
    this.clock = options.clock;
    const { clock, observer, loadIntervalMs: intervalMs } = options;
    this.loads =
      intervalMs === undefined ? undefined : new LoadStreams({ clock, observer, intervalMs });
    this.stats =
      observer.healthReported === undefined && observer.latencyReported === undefined
        ? undefined
        : new StatsCalls({ clock, observer });
    this.pool = new MessagePool({
      controlPlane: options.controlPlane,
      messagesMax: limits.xds.pooledMessages,
      bytesMax: limits.xds.pooledBytes,
      unsharedBytes: limits.xds.unsharedBytes,
    });
    this.#waits = new ApplyWaits(options.clock, this.#streams);
    this.#events = new StreamEvents(options.clock, options.observer);
    this.#awake = new Wakes(options.clock);
    this.#round = new PushRound(options.clock, options.observer);
    this.#sweeps = new Sweeps(options.clock, {
      progress: (view, typeUrl, generation) => this.progress(view, typeUrl, generation),
      released: (view, changes) => {
        options.onReleased?.(view, changes);
        this.changed(view);
      },
    });
    this.#heartbeats = new HeartbeatTimers(options.clock, (view) => this.#wake(view));
  }

  get streams(): ReadonlySet<XdsStream> {
    return this.#streams;
  }

  /** Opens a stream over `wire`; undefined where the server has as many as it may, or drains. */
  open(
    wire: Wire,
    options: { readonly variant: Variant; readonly onlyType: TypeUrl | undefined },
  ): XdsStream | undefined {
    const full = this.#streams.size >= limits.xds.streams;
    if (full || this.#draining) {
      wire.end(full ? reasons.tooManyStreams : reasons.draining);
      return undefined;
    }
    const stream = new XdsStream(this, wire, options);
    this.#streams.add(stream);
    this.#events.opened(stream);
    return stream;
  }

  /** `view` has new content: its streams are looked at in one round after this turn. */
  changed(view: View): void {
    if (this.#wake(view)) this.#heartbeats.watch(view);
    this.#sweeps.watch(view);
  }

  /** Whether there is a stream to wake. */
  #wake(view: View): boolean {
    const streams = this.#byView.of(view);
    for (const stream of streams) this.#awake.add(stream);
    this.#scheduleFlush();
    return streams.size > 0;
  }

  /** What selects views has changed: every stream is looked up anew. */
  reselect(): void {
    const selected = new Set<View>();
    this.#selected = selected;
    for (const stream of this.#streams) {
      stream.reselect();
      if (stream.view !== undefined) selected.add(stream.view);
    }
    this.#selected = undefined;
    this.lookAtAll();
  }

  /**
   * Views that streams have, as far as it is known: while all are looked up anew, those that streams
   * are still to leave do not count.
   */
  viewsSelected(): ReadonlySet<View> {
    return this.#selected ?? this.viewsInUse();
  }

  /** There is a view now for the streams that `isConcerned` tells; they get it after this turn. */
  added(isConcerned: (proxy: ConnectedProxy) => boolean): void {
    this.#added.push(isConcerned);
    this.#scheduleFlush();
  }

  /** Whether streams are still to be looked up for views that have come. */
  get isSelecting(): boolean {
    return this.#added.length > 0;
  }

  selected(stream: XdsStream, from: View | undefined, to: View): void {
    this.#byView.move(stream, from, to);
  }

  /** Many streams pass at once: the first one takes over for all of them. */
  moves(from: View, to: View): void {
    const known = this.#moves.get(from) ?? new Set();
    if (known.has(to)) return;
    this.#moves.set(from, known.add(to));
    this.#scheduleFlush();
    this.#options.onMoved?.(from, to);
    const changes = to.adopt(from, this.nowMs(), limits.xds.adoptedClusters);
    if (changes.length === 0) return;
    this.#options.onReleased?.(to, changes);
    this.changed(to);
  }

  /** Views that have a stream. */
  viewsInUse(): ReadonlySet<View> {
    return this.#byView.views();
  }

  /** Names that streams ask for one by one, of the views that `isAsked` tells by their keys. */
  namesAsked(typeUrl: TypeUrl, isAsked: (view: string) => boolean): ReadonlySet<string> {
    const names = new Set<string>();
    // Streams that ask for the same share the set.
    const seen = new Set<ReadonlySet<string>>();
    for (const view of this.#byView.views()) {
      if (!isAsked(view.key)) continue;
      for (const stream of this.#byView.of(view)) {
        const asked = stream.types.get(typeUrl)?.subscription.names;
        if (asked === undefined || seen.has(asked)) continue;
        seen.add(asked);
        for (const name of asked) names.add(name);
      }
    }
    return names;
  }

  /** Streams that get a listener, and what each has not accepted of `resources`. */
  runners(listener: string, resources: readonly ResourceKey[]): Iterable<Runner> {
    return runnersOf(this.streams, listener, resources, this.wallMs());
  }

  /** How far the streams of `view` are with `typeUrl` as of `generation`. */
  progress(view: GroupView, typeUrl: TypeUrl, generation: number): Progress {
    let progress: Progress = "applied";
    for (const stream of this.#byView.of(view)) {
      const type = stream.types.get(typeUrl);
      if (type === undefined || hasApplied(type, generation)) continue;
      if (type.rejected !== undefined) return "rejected";
      progress = "pending";
    }
    return progress;
  }

  /**
   * Resolves when every stream of `view` has ACKed `typeUrl` as of `generation`, or one has rejected
   * it; `pending`: the time is over.
   */
  applied(view: View, typeUrl: TypeUrl, generation: number, timeoutMs: number): Promise<Progress> {
    const judge = (stream: XdsStream): Progress | undefined =>
      stream.view === view ? typeProgress(stream.types.get(typeUrl), generation) : undefined;
    return this.#waits.ask({ judge, hasty: true }, { timeoutMs });
  }

  /** Waits for whatever `question` asks of the streams. */
  ask(question: Question, times: WaitTimes): Promise<Progress> {
    return this.#waits.ask(question, times);
  }

  /** What waits ask for may have changed for any stream. */
  lookAtAll(): void {
    if (this.#waits.size === 0) return;
    for (const stream of this.#streams) this.#stepped.add(stream);
    this.#scheduleFlush();
  }

  /** Ends all streams, spread over `overMs`, so that their proxies do not reconnect all at once. */
  drain(overMs: number): void {
    this.#draining = true;
    this.loads?.drain(overMs);
    let index = 0;
    for (const stream of this.#streams) {
      const delay = (overMs * index) / this.#streams.size;
      this.#drains.push(this.clock.after(delay, () => stream.end(reasons.draining)));
      index += 1;
    }
  }

  nowMs(): number {
    return this.clock.monotonicMs();
  }

  wallMs(): number {
    return this.clock.wallMs();
  }

  viewOf(proxy: ConnectedProxy): ViewOfNode {
    const view = this.#options.viewOf(proxy);
    if (view !== undefined && view !== "full" && !this.#closed) this.#heartbeats.watch(view);
    return view;
  }

  written(stream: XdsStream, typeUrl: TypeUrl, message: Message): void {
    this.#round.add(stream, typeUrl, message);
    this.#scheduleFlush();
    this.#events.written(stream, typeUrl, message);
  }

  received(stream: XdsStream, typeUrl: TypeUrl, verdict: Received["verdict"]): void {
    this.#events.received(stream, typeUrl, verdict);
  }

  judged(stream: XdsStream, typeUrl: TypeUrl, verdict: "ack" | "nack", of: InFlight): void {
    this.#events.judged(stream, typeUrl, verdict, of);
  }

  stepped(stream: XdsStream): void {
    if (this.#waits.size === 0) return;
    this.#stepped.add(stream);
    this.#scheduleFlush();
  }

  ended(stream: XdsStream, reason: EndReason): void {
    this.#streams.delete(stream);
    this.#byView.move(stream, stream.view, undefined);
    this.stepped(stream);
    this.#awake.delete(stream);
    this.#timers.get(stream)?.();
    this.#timers.delete(stream);
    this.#events.ended(stream, reason);
  }

  wakeAt(stream: XdsStream, atMs: number): void {
    if (this.#closed) return;
    this.#timers.get(stream)?.();
    const wait = Math.max(0, atMs - this.nowMs());
    const cancel = this.clock.after(wait, () => {
      this.#timers.delete(stream);
      stream.pump();
    });
    this.#timers.set(stream, cancel);
  }

  /** Takes no more streams, and leaves no timer behind; the wires are the server's to close. */
  close(): void {
    this.#draining = true;
    this.#closed = true;
    this.loads?.close();
    this.#sweeps.close();
    this.#heartbeats.close();
    for (const cancel of [...this.#timers.values(), ...this.#drains]) cancel();
    this.#timers.clear();
    this.#waits.close();
  }

  #scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    setImmediate(() => {
      this.#flushScheduled = false;
      this.#selectAdded();
      this.#moves.clear();
      const pumped = this.#pumpSlice();
      if (this.#waits.size > 0) this.#waits.look([...pumped, ...this.#stepped]);
      this.#stepped.clear();
    });
  }

  /** The rest has its turn when sockets were looked at. */
  #pumpSlice(): readonly XdsStream[] {
    const pumped = this.#awake.pump();
    this.#slices += 1;
    if (this.#awake.size > 0) this.#scheduleFlush();
    // One round is told as one, but not for ever where there is always something to do.
    if (this.#awake.size === 0 || this.#slices >= limits.xds.roundSlices) {
      this.#slices = 0;
      this.#round.finish();
    }
    return pumped;
  }

  #selectAdded(): void {
    const added = this.#added.splice(0);
    if (added.length === 0) return;
    for (const stream of this.#streams) {
      const { proxy } = stream;
      if (proxy === undefined || !added.some((isConcerned) => isConcerned(proxy))) continue;
      stream.reselect();
      this.#stepped.add(stream);
    }
  }
}
