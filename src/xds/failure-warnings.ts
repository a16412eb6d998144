/**
 * Failures of what a user of the library wrote, as warnings of the process: each once with its stack,
 * and then when there are ten times as many, since a callback fails as often as it is called.
 */
import { limits } from "../config/limits.ts";
import { dropOldest } from "../lib/drop-oldest.ts";

export class FailureWarnings {
  readonly #counts = new Map<string, number>();
  readonly #warn: (text: string) => void;

  constructor(warn: (text: string) => void = (text) => process.emitWarning(text)) {
    this.#warn = warn;
  }

  /** `what` says what failed, and is no different for the same failure of another proxy. */
  tell(what: string, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    const key = `${what}: ${message}`;
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    dropOldest(this.#counts, limits.library.failures);
    if (count === 1) {
      const stack = error instanceof Error ? (error.stack ?? message) : message;
      this.#warn(`serin: ${what}: ${stack}`);
    } else if (/^10+$/.test(String(count))) {
      this.#warn(`serin: ${what}, ${count} times so far: ${message}`);
    }
  }
}
