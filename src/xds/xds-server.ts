/**
 * The xDS server: sends what a `SnapshotCache` holds to the proxies that connect, by any number of
 * addresses, and tells how far they are.
 */

import type { HostPort } from "../config/config.ts";
import { limits } from "../config/limits.ts";
import { badArgument, checkOptions } from "../lib/bad-argument.ts";
import { type Clock, longestTimerMs, systemClock } from "../lib/clock.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Progress } from "../snapshot/retirement.ts";
import type { TypeUrl } from "../snapshot/type-url.ts";
import { type Asked, AskedStreams } from "./asked-streams.ts";
import {
  guardedCallbacks,
  guardedObserver,
  guardedStatus,
  type XdsCallbacks,
} from "./callbacks.ts";
import { FailureWarnings } from "./failure-warnings.ts";
import { Hub } from "./hub.ts";
import { checkListen } from "./listen-arguments.ts";
import { type ListenOptions, listenXds, type XdsListener } from "./server/listen.ts";
import type { SnapshotCache } from "./snapshot-cache.ts";
import { type Lag, type StreamStatus, streamStatus } from "./stream-status.ts";
import { type CallbackFailed, callbackFailed } from "./user-calls.ts";

/** What a server is made with; all of it may be left out. */
export interface XdsServerOptions {
  /** What proxies are told of this server: `control_plane.identifier`. Default: `serin`. */
  readonly controlPlane?: string | undefined;
  readonly callbacks?: XdsCallbacks | undefined;
  /** Default: a warning of the process, for the same failure once, then at 10, 100 and so on. */
  readonly onCallbackFailed?: CallbackFailed | undefined;
  /** How proxies report what came of their requests; `callbacks.loadReported` is told. */
  readonly loadReporting?: LoadReporting | undefined;
  readonly clock?: Clock | undefined;
}

/** Load reports (LRS). A proxy sends them to the server that its bootstrap names for it. */
export interface LoadReporting {
  /**
   * Milliseconds between two reports of a proxy, at the least: with many proxies it is longer. 0: none
   * are taken. Default: 2 s.
   */
  readonly intervalMs?: number | undefined;
}

/** What is waited for, and for how long. */
export interface AppliedOptions {
  /** Only this type; default: all that a proxy subscribes to. */
  readonly typeUrl?: string | undefined;
  /** Default: the revision in force when the question is put. */
  readonly revision?: bigint | undefined;
  /**
   * So many streams must be there. Default: 1 where a group is named, since nobody there may be a
   * mistake in its name, and 0 where all groups are meant.
   */
  readonly streams?: number | undefined;
  /**
   * Must hold as well; asked when something has changed for a proxy, and by `review`. An exception goes
   * to `onCallbackFailed`, and counts as false.
   */
  readonly when?: (() => boolean) | undefined;
  /** Milliseconds, or Infinity; default: 30 s. */
  readonly timeoutMs?: number | undefined;
  /** Gives the answer that is due at once. */
  readonly signal?: AbortSignal | undefined;
}

/** How a wait has ended. */
export interface Applied {
  /**
   * `applied`: every stream has ACKed. `rejected`: all have answered, and some said no, which will
   * not mend by itself. `pending`: the time is over.
   */
  readonly outcome: Progress;
  /** How many were asked: those of the group, or all. A proxy has one with ADS, else one for each type. */
  readonly streams: number;
  /** Who has not ACKed everything; under `applied`, what was rejected before and still stands. */
  readonly behind: readonly Behind[];
}

/** A stream that has not ACKed everything. */
export interface Behind {
  readonly stream: StreamStatus;
  /** Undefined: it has not the content of its group yet, or not as of that revision. */
  readonly types: readonly Lag[] | undefined;
}

const defaultTimeoutMs = 30_000;
const closed = "the server is closed";
const optionNames = ["controlPlane", "callbacks", "onCallbackFailed", "clock", "loadReporting"];

/**
 * Serves one cache: state of the world and delta, aggregated and one type to a stream, to any number
 * of proxies that `listen` lets in.
 */
export class XdsServer {
  readonly #hub: Hub;
  readonly #cache: SnapshotCache;
  readonly #asked: AskedStreams;
  readonly #detach: () => void;
  readonly #callbackFailed: CallbackFailed;
  readonly #listeners: XdsListener[] = [];
  /** Listens no more. */
  #closed = false;
  /** Nothing is left to be closed. */
  #over = false;
  #drained: Promise<void> | undefined;

  /** Throws a TypeError where this is no cache, or one that has a server already. */
  constructor(cache: SnapshotCache, options: XdsServerOptions = {}) {
    checkCache(cache);
    checkOptions("XdsServer", options, optionNames);
    const { callbacks = {}, clock = systemClock, controlPlane = "serin" } = options;
    this.#cache = cache;
    const warnings = new FailureWarnings();
    this.#callbackFailed = callbackFailed(options.onCallbackFailed, warnings);
    const hub = new Hub({
      clock,
      controlPlane,
      observer: guardedCallbacks(callbacks, this.#callbackFailed, warnings),
      loadIntervalMs: intervalOf(options.loadReporting),
      viewOf: (proxy) => cache.viewOf(proxy),
      onReleased: (view, changes) => cache.released(view, changes),
      onMoved: (from, to) => cache.moved(from, to),
    });
    this.#hub = hub;
    this.#asked = new AskedStreams(hub.streams, cache);
    this.#detach = cache.attach({
      changed: (view) => hub.changed(view),
      added: (group) => hub.added(({ node }) => cache.selectedGroup(node) === group),
      reviewed: () => hub.lookAtAll(),
      viewsInUse: () => hub.viewsInUse(),
      viewsSelected: () => hub.viewsSelected(),
      failed: this.#callbackFailed,
    });
  }

  /** @internal The streams themselves. */
  get hub(): Hub {
    return this.#hub;
  }

  /**
   * Listens at an address, port 0 for any. An error says which address, or which file, and why not.
   * Rejects with a TypeError where this is no address or no options.
   */
  async listen(listen: HostPort, options: ListenOptions = {}): Promise<Result<HostPort, string>> {
    checkListen(listen, options);
    if (this.#closed) return err(closed);
    const observer = guardedObserver(options.observer ?? {}, this.#callbackFailed);
    const clientStatus = guardedStatus(options.clientStatus, this.#callbackFailed);
    const guarded = { ...options, observer, ...(clientStatus && { clientStatus }) };
    const listener = await listenXds(this.#hub, listen, guarded);
    if (!listener.ok) return listener;
    if (this.#closed) {
      listener.value.close();
      return err(closed);
    }
    this.#listeners.push(listener.value);
    return ok(listener.value.address);
  }

  /** What `groupOf` goes by has changed: the group of every proxy is looked up anew. */
  reselect(): void {
    this.#hub.reselect();
  }

  /** What an `applied` waits `when` for may hold now. */
  review(): void {
    this.#hub.lookAtAll();
  }

  /** All open streams, in the order in which they came. */
  streams(): readonly StreamStatus[] {
    const nowMs = this.#hub.wallMs();
    return [...this.#hub.streams].map((stream) => streamStatus(stream, nowMs));
  }

  /** Responses encoded so far: fewer than were sent, as streams share them. */
  get encodings(): number {
    return this.#hub.pool.encodings;
  }

  /** Streams that have not ACKed everything, now. Without a group: of all groups. */
  behind(
    group?: string,
    asked: Pick<AppliedOptions, "typeUrl" | "revision"> = {},
  ): readonly Behind[] {
    const { typeUrl, revision } = asked;
    const question = { group, typeUrl, revision };
    const nowMs = this.#hub.wallMs();
    return this.#asked.of(question).flatMap((stream) => {
      const types = this.#asked.lags(stream, question);
      return types?.length === 0 ? [] : [{ stream: streamStatus(stream, nowMs), types }];
    });
  }

  /**
   * Resolves when every proxy of the group, or of all groups, has ACKed what is in force; or when all
   * have answered and some said no; or when the time is over. A proxy is asked about the types that
   * it has subscribed to so far: one that starts has more to come. It rejects with a TypeError where
   * these are no options, and else never.
   */
  async applied(group?: string, options: AppliedOptions = {}): Promise<Applied> {
    checkQuestion(group, options);
    const { typeUrl, when, timeoutMs = defaultTimeoutMs, signal } = options;
    const { streams = group === undefined ? 0 : 1 } = options;
    const inForce = group === undefined ? undefined : this.#cache.snapshot(group)?.revision;
    const asked: Asked = { group, typeUrl, revision: options.revision ?? inForce };
    const outcome = await this.#hub.ask(
      {
        hasty: false,
        judge: (stream) => this.#asked.progress(stream, asked),
        isComplete: () => this.#asked.of(asked).length >= streams && this.#holds(when),
      },
      { timeoutMs, ...(signal && { signal }) },
    );
    const { revision } = asked;
    const behind = this.behind(group, {
      ...(typeUrl !== undefined && { typeUrl }),
      ...(revision !== undefined && { revision }),
    });
    return { outcome, streams: this.#asked.of(asked).length, behind };
  }

  #holds(when: (() => unknown) | undefined): boolean {
    if (when === undefined) return true;
    try {
      const holds = when();
      if (typeof holds === "boolean") return holds;
      throw badArgument("applied: when", "true or false", holds);
    } catch (error) {
      this.#callbackFailed(error, "when");
      return false;
    }
  }

  /** How far the proxies of a group are with a generation of a table: the worst of them counts. */
  progress(group: string, typeUrl: string, generation: number): Progress {
    const view = this.#cache.snapshot(group);
    if (view === undefined) return "applied";
    if (this.#hub.isSelecting) return "pending";
    return this.#hub.progress(view, typeUrl as TypeUrl, generation);
  }

  /** Ends streams one by one, then stops; resolves when all is closed, or after a grace. */
  drain(): Promise<void> {
    this.#closed = true;
    this.#drained ??= this.#drain();
    return this.#drained;
  }

  async #drain(): Promise<void> {
    const overMs = Math.max(0, ...this.#listeners.map(({ drainMs }) => drainMs));
    this.#hub.drain(overMs);
    await Promise.all(this.#listeners.map((listener) => listener.drain(overMs)));
    this.close();
  }

  /** Closes at once. */
  close(): void {
    this.#closed = true;
    if (this.#over) return;
    this.#over = true;
    this.#hub.close();
    for (const listener of this.#listeners) listener.close();
    this.#detach();
  }
}

function intervalOf(loadReporting: LoadReporting = {}): number | undefined {
  checkOptions("XdsServer: loadReporting", loadReporting, ["intervalMs"]);
  const { intervalMs = limits.xds.loadIntervalMs } = loadReporting;
  if (Number.isFinite(intervalMs) && intervalMs >= 0 && intervalMs <= longestTimerMs)
    return intervalMs === 0 ? undefined : intervalMs;
  const expected = `milliseconds from 0 to ${longestTimerMs}`;
  throw badArgument("XdsServer: loadReporting: intervalMs", expected, intervalMs);
}

function checkCache(cache: SnapshotCache): void {
  if (typeof cache?.attach !== "function") throw badArgument("XdsServer", "a SnapshotCache", cache);
}

const questionNames = ["typeUrl", "revision", "streams", "when", "timeoutMs", "signal"];

function checkQuestion(group: string | undefined, options: AppliedOptions): void {
  if (group !== undefined && typeof group !== "string") {
    throw badArgument("applied: group", "a text", group);
  }
  checkOptions("applied", options, questionNames);
  const { revision, streams = 0, timeoutMs = 0 } = options;
  if (revision !== undefined && typeof revision !== "bigint") {
    throw badArgument("applied: revision", "a bigint", revision);
  }
  if (!Number.isInteger(streams)) throw badArgument("applied: streams", "a number", streams);
  if (timeoutMs >= 0) return;
  throw badArgument("applied: timeoutMs", "milliseconds, 0 or more", timeoutMs);
}
