/**
 * Calls by which Envoys send statistics: one message, one answer (OTLP). They have nothing in common
 * with the streams of discovery but the port: a bad message ends its own call and nothing else.
 * https://opentelemetry.io/docs/specs/otlp/#otlpgrpc
 */
import { limits } from "../../config/limits.ts";
import type { Clock } from "../../lib/clock.ts";
import { type EndReason, internal, reasons } from "../end-reason.ts";
import type { HealthObserver } from "../observer.ts";
import type { Wire } from "../stream.ts";
import { readReporter, readStats } from "./read-stats.ts";
import { StatsPace } from "./stats-pace.ts";

export interface StatsCallsOptions {
  readonly clock: Clock;
  readonly observer: HealthObserver;
}

export class StatsCalls {
  readonly #observer: HealthObserver;
  readonly #pace: StatsPace;

  constructor({ clock, observer }: StatsCallsOptions) {
    this.#observer = observer;
    this.#pace = new StatsPace(clock, limits.stats);
  }

  open(wire: Wire): StatsCall {
    return new StatsCall(wire, this.#pace, this.#observer);
  }
}

export class StatsCall {
  readonly #wire: Wire;
  readonly #pace: StatsPace;
  readonly #observer: HealthObserver;
  #ended = false;

  constructor(wire: Wire, pace: StatsPace, observer: HealthObserver) {
    this.#wire = wire;
    this.#pace = pace;
    this.#observer = observer;
  }

  /** Takes the one message, and keeps nothing of its bytes. */
  receive(bytes: Uint8Array): void {
    if (this.#ended) return;
    try {
      const refusal = this.#take(bytes);
      if (refusal !== undefined) this.#refuse(refusal);
      else {
        this.#wire.write(taken);
        this.end(reasons.clientEnded);
      }
    } catch (bug) {
      this.#refuse(internal(bug));
    }
  }

  #take(bytes: Uint8Array): EndReason | undefined {
    const node = readReporter(bytes);
    if (typeof node !== "string") return node;
    const turn = this.#pace.judge(node, bytes.length);
    if (turn === "full") return reasons.tooManyReporters;
    if (turn === "early") return undefined;
    const stats = readStats(bytes);
    if ("code" in stats) return stats;
    const { health, latency } = stats;
    const { peer } = this.#wire;
    // An Envoy that tells how long requests take need not tell what it finds of endpoints.
    if (health.length > 0 || latency.length === 0) {
      this.#observer.healthReported?.({ node, peer, clusters: health });
    }
    if (latency.length > 0) this.#observer.latencyReported?.({ node, peer, clusters: latency });
    return undefined;
  }

  #refuse(reason: EndReason): void {
    const { code, message, bug } = reason;
    const event = { peer: this.#wire.peer, code, reason: message };
    this.end(reason);
    this.#observer.healthRefused?.(bug === undefined ? event : { ...event, bug });
  }

  /** The client sends no more; the answer has gone out, if there was a message. */
  halfClosed(): void {
    if (!this.#ended) this.#refuse(reasons.truncated);
  }

  /** The wire has a reason to end the call: what comes is too long, too late, or not to be read. */
  stop(reason: EndReason): void {
    if (!this.#ended) this.#refuse(reason);
  }

  end(reason: EndReason): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#wire.end(reason);
  }
}

/** An ExportMetricsServiceResponse that rejects nothing. */
const taken = new Uint8Array();
