/**
 * Questions to providers of figures: one at a time for each look, and no more often than the guard wants to
 * look. A provider in trouble is not asked more for having no answer.
 */
import type { Clock } from "../../lib/clock.ts";
import type { Result } from "../../lib/result.ts";
import type { Measurement, Provider, ProviderQuery } from "../../observe/provider.ts";

export interface Question {
  /** Which look asks. */
  readonly name: string;
  readonly query: ProviderQuery;
  readonly intervalMs: number;
}

type Answer = Result<Measurement, string>;

export class Questions {
  readonly #provider: Provider;
  readonly #clock: Clock;
  readonly #asking = new Map<string, AbortController>();
  /** When each look may ask again. */
  readonly #dueMs = new Map<string, number>();

  constructor(provider: Provider, clock: Clock) {
    this.#provider = provider;
    this.#clock = clock;
  }

  /** undefined: it is asked already, or was a moment ago. */
  ask({ name, query, intervalMs }: Question): Promise<Answer> | undefined {
    const nowMs = this.#clock.monotonicMs();
    for (const [each, dueMs] of this.#dueMs) if (dueMs <= nowMs) this.#dueMs.delete(each);
    if (this.#asking.has(name) || this.#dueMs.has(name)) return undefined;
    const asked = new AbortController();
    this.#asking.set(name, asked);
    this.#dueMs.set(name, nowMs + intervalMs);
    return this.#provider.measure(query, asked.signal).finally(() => this.#asking.delete(name));
  }

  /** Gives up what is under way. */
  close(): void {
    for (const asked of this.#asking.values()) asked.abort();
  }
}
