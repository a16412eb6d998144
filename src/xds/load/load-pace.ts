/**
 * How often proxies report. Each report of an Envoy repeats its node and names all of its clusters;
 * so with many proxies, or many clusters, reports come less often, and all of them together take no
 * more of the network and the thread than they may.
 */
export class LoadPace {
  readonly #leastMs: number;
  readonly #bytesPerSecond: number;
  /** Of the last report of each stream. */
  #bytes = 0;

  constructor(leastMs: number, bytesPerSecond: number) {
    this.#leastMs = leastMs;
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** A stream's last report has so many bytes, where the one before had others; 0: it has ended. */
  replaced(before: number, now: number): void {
    this.#bytes += now - before;
  }

  /** Milliseconds between two reports of a stream. */
  get intervalMs(): number {
    return Math.max(this.#leastMs, Math.ceil((this.#bytes * 1_000) / this.#bytesPerSecond));
  }

  /** Whether a stream that reports in this interval has to be told of another one. */
  differs(toldMs: number): boolean {
    const ratio = this.intervalMs / toldMs;
    return ratio > worthTelling || ratio < 1 / worthTelling;
  }
}

/** Less would tell every proxy of every other one that comes or goes. */
const worthTelling = 1.5;
