/**
 * How often what a proxy sends is read. An Envoy sends its statistics whenever it flushes them, and
 * cannot be told to do it less often; so with many proxies, or many clusters, some of what they send is
 * answered and not looked at, of each proxy as much as of the others.
 */
import type { Clock } from "../../lib/clock.ts";

export interface StatsBounds {
  /** Of all that is read. */
  readonly bytesPerSecond: number;
  /** Proxies whose statistics are read. */
  readonly reporters: number;
  /** One that is silent for so long makes room for others, ms. */
  readonly silentMs: number;
}

interface Reporter {
  readonly bytes: number;
  readonly readMs: number;
}

export class StatsPace {
  readonly #clock: Clock;
  readonly #bounds: StatsBounds;
  /** Those that were read longest ago are the first ones. */
  readonly #reporters = new Map<string, Reporter>();
  /** Of the last message of each. */
  #bytes = 0;

  constructor(clock: Clock, bounds: StatsBounds) {
    this.#clock = clock;
    this.#bounds = bounds;
  }

  /** `full`: there are as many proxies as there may be. A message that is due counts as read. */
  judge(reporter: string, bytes: number): "due" | "early" | "full" {
    const nowMs = this.#clock.monotonicMs();
    this.#forget(nowMs);
    const known = this.#reporters.get(reporter);
    if (known === undefined && this.#reporters.size >= this.#bounds.reporters) return "full";
    if (known !== undefined && nowMs - known.readMs < this.#intervalMs) return "early";
    this.#reporters.delete(reporter);
    this.#reporters.set(reporter, { bytes, readMs: nowMs });
    this.#bytes += bytes - (known?.bytes ?? 0);
    return "due";
  }

  /** Milliseconds between two messages of a proxy that are read. */
  get #intervalMs(): number {
    return (this.#bytes * 1_000) / this.#bounds.bytesPerSecond;
  }

  #forget(nowMs: number): void {
    for (const [name, { bytes, readMs }] of this.#reporters) {
      if (nowMs - readMs < this.#bounds.silentMs) return;
      this.#reporters.delete(name);
      this.#bytes -= bytes;
    }
  }
}
