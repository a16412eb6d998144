/**
 * A trace of each change: from the moment at which the store told of it to the last acknowledgement of a
 * proxy. A change is what was built at once, however many revisions it stands for. What proxies do costs
 * nothing but for those few messages and rejections that the observer is told of.
 */
import { limits } from "../config/limits.ts";
import {
  type Applied,
  type NackEvent,
  type PushEvent,
  shortName,
  type XdsCallbacks,
} from "../index.ts";
import type { Clock } from "../lib/clock.ts";
import type { Span, SpanEvent } from "../observe/trace/trace.ts";

const { traces: bounds } = limits;

/** A state that came into force; times are monotonic. */
export interface BuiltChange {
  readonly revision: bigint;
  readonly keys: readonly string[];
  /** Resources that it changed, over all views. */
  readonly changes: number;
  /** Views that they are in. */
  readonly views: ReadonlySet<string>;
  readonly beganMs: number;
  readonly translatedMs: number;
  readonly endedMs: number;
  /** How far proxies are with it in the end; an abort ends the wait. */
  applied(timeoutMs: number, signal: AbortSignal): Promise<Applied>;
}

export interface ChangeTracer {
  /** A revision of the store that changes the desired state was decoded. */
  decoded(fromMs: number, toMs: number): void;
  built(change: BuiltChange): void;
}

export interface ChangeTracesOptions {
  readonly clock: Clock;
  /** Of all changes, those that are followed: from 0 to 1. */
  readonly share: number;
  readonly ended: (trace: Span) => void;
  /** One found no room. */
  readonly dropped: () => void;
  readonly random?: () => number;
}

interface Decode {
  readonly fromMs: number;
  readonly toMs: number;
}

interface Gathered {
  readonly sinceMs: number;
  revisions: number;
  readonly decodes: Decode[];
}

/** A change that proxies have not all acknowledged yet. */
interface Open {
  readonly change: BuiltChange;
  readonly gathered: Gathered;
  readonly nacks: SpanEvent[];
  nackCount: number;
  push: Pushes | undefined;
  /** Ends the wait. */
  readonly giveUp: AbortController;
}

interface Pushes {
  readonly fromMs: number;
  toMs: number;
  streams: number;
  messages: number;
  bytes: number;
  readonly types: Set<string>;
  /** By type and version. */
  readonly versions: Set<string>;
}

export class ChangeTraces implements ChangeTracer {
  readonly #options: ChangeTracesOptions;
  /** The newest is last. */
  readonly #open = new Set<Open>();
  #gathered: Gathered | undefined;

  constructor(options: ChangeTracesOptions) {
    this.#options = options;
  }

  decoded(fromMs: number, toMs: number): void {
    this.#gathered ??= { sinceMs: fromMs, revisions: 0, decodes: [] };
    this.#gathered.revisions += 1;
    if (this.#gathered.decodes.length < bounds.decodes) {
      this.#gathered.decodes.push({ fromMs, toMs });
    }
  }

  built(change: BuiltChange): void {
    const gathered = this.#gathered;
    this.#gathered = undefined;
    const { random = Math.random, share } = this.#options;
    if (gathered === undefined || random() >= share) return;
    if (this.#open.size >= bounds.open) {
      this.#options.dropped();
      return;
    }
    const giveUp = new AbortController();
    const open: Open = { change, gathered, nacks: [], nackCount: 0, push: undefined, giveUp };
    this.#open.add(open);
    void this.#follow(open);
  }

  /** Whoever asks how far proxies are is always answered. */
  async #follow(open: Open): Promise<void> {
    this.#end(open, await open.change.applied(bounds.endMs, open.giveUp.signal));
  }

  /** The callbacks of an observer, and before them the traces. */
  observing(observer: XdsCallbacks): XdsCallbacks {
    return {
      ...observer,
      pushed: (event) => {
        this.#pushed(event);
        observer.pushed?.(event);
      },
      nacked: (event) => {
        this.#nacked(event);
        observer.nacked?.(event);
      },
    };
  }

  /** Changes that proxies still have to acknowledge end here. */
  async close(): Promise<void> {
    for (const { giveUp } of this.#open) giveUp.abort();
    // Waits that end are told in a later turn.
    while (this.#open.size > 0) await new Promise((resolve) => setImmediate(resolve));
  }

  #newest(isIt: (open: Open) => boolean): Open | undefined {
    return [...this.#open].findLast(isIt);
  }

  #pushed({ view, typeUrl, version, ms, streams, bytes }: PushEvent): void {
    if (this.#open.size === 0) return;
    const open = this.#newest(({ change }) => change.views.has(view));
    if (open === undefined) return;
    const nowMs = this.#options.clock.monotonicMs();
    const fromMs = Math.max(open.change.endedMs, nowMs - ms);
    const none = { streams: 0, messages: 0, bytes: 0, types: new Set<string>() };
    open.push ??= { ...none, fromMs, toMs: nowMs, versions: new Set() };
    const { push } = open;
    push.toMs = nowMs;
    push.streams = Math.max(push.streams, streams);
    push.messages += streams;
    push.bytes += streams * bytes;
    push.types.add(shortName(typeUrl));
    if (push.versions.size < bounds.messages) push.versions.add(`${typeUrl} ${version}`);
  }

  #nacked({ node, typeUrl, version }: NackEvent): void {
    if (this.#open.size === 0) return;
    const open = this.#newest(({ push }) => push?.versions.has(`${typeUrl} ${version}`) === true);
    if (open === undefined) return;
    open.nackCount += 1;
    if (open.nacks.length >= bounds.proxies) return;
    const attributes = { "serin.node": cut(node.id), "serin.type": shortName(typeUrl) };
    open.nacks.push({ name: "nack", atMs: this.#options.clock.monotonicMs(), attributes });
  }

  #end(open: Open, applied: Applied): void {
    this.#open.delete(open);
    const { clock, ended } = this.#options;
    const nowMs = clock.monotonicMs();
    ended(atWallClock(traceOf(open, applied, nowMs), clock.wallMs() - nowMs));
  }
}

function traceOf(open: Open, applied: Applied, nowMs: number): Span {
  const { change, gathered, push } = open;
  const error = whyNot(applied);
  const behind = applied.behind.slice(0, bounds.proxies);
  return {
    name: "change",
    startMs: gathered.sinceMs,
    endMs: nowMs,
    attributes: {
      "serin.revision": String(change.revision),
      "serin.keys": change.keys.length,
      "serin.keys.first": change.keys.slice(0, bounds.keys).map(cut),
      "serin.changes": change.changes,
      "serin.proxies": applied.streams,
      ...(behind.length > 0 && {
        "serin.behind": behind.map(({ stream }) => cut(stream.node?.id ?? stream.peer)),
      }),
    },
    error,
    children: [
      {
        name: "store.event",
        startMs: gathered.sinceMs,
        endMs: change.beganMs,
        attributes: { "serin.revisions": gathered.revisions },
        children: gathered.decodes.map((each) => span("decode", each.fromMs, each.toMs)),
      },
      span("translate", change.beganMs, change.translatedMs),
      span("snapshot.apply", change.translatedMs, change.endedMs),
      ...(push === undefined ? [] : [pushSpan(push), ackSpan(open, push.toMs, nowMs, error)]),
    ],
  };
}

const span = (name: string, startMs: number, endMs: number): Span => ({
  name,
  startMs,
  endMs,
  attributes: {},
});

const pushSpan = ({ fromMs, toMs, streams, messages, bytes, types }: Pushes): Span => ({
  ...span("push", fromMs, toMs),
  attributes: {
    "serin.streams": streams,
    "serin.messages": messages,
    "serin.bytes": bytes,
    "serin.types": [...types],
  },
});

const ackSpan = (
  { nacks, nackCount }: Open,
  fromMs: number,
  toMs: number,
  error: string | undefined,
): Span => ({
  ...span("ack", Math.min(fromMs, ...nacks.map(({ atMs }) => atMs)), toMs),
  attributes: nackCount === 0 ? {} : { "serin.nacks": nackCount },
  events: nacks,
  error,
});

function whyNot({ outcome, behind }: Applied): string | undefined {
  const count = behind.length === 1 ? "1 proxy" : `${behind.length} proxies`;
  switch (outcome) {
    case "applied":
      return undefined;
    case "rejected":
      return `rejected by ${count}`;
    case "pending":
      return `not accepted by ${count}`;
  }
}

const cut = (text: string): string => text.slice(0, bounds.textChars);

function atWallClock(trace: Span, aheadMs: number): Span {
  const { startMs, endMs, events = [], children = [] } = trace;
  return {
    ...trace,
    startMs: startMs + aheadMs,
    endMs: endMs + aheadMs,
    events: events.map((event) => ({ ...event, atMs: event.atMs + aheadMs })),
    children: children.map((child) => atWallClock(child, aheadMs)),
  };
}
