import type {
  Entry,
  StoreChange,
  StoreHealth,
  StoreSink,
  StoreState,
} from "../../src/store/store.ts";

/**
 * A sink that keeps everything it is told, folds it into a map, and fails on a breach of the port's
 * promises: `start` once and before any change, no overlap, no call after `close`.
 */
export class RecordingSink implements StoreSink {
  readonly entries = new Map<string, Entry>();
  readonly changes: StoreChange[] = [];
  readonly healths: StoreHealth[] = [];
  started: StoreState | undefined;
  closed = false;
  /** Runs inside each call, after it was recorded. */
  onCall: (call: "start" | "change" | "health") => void = () => undefined;
  readonly breaches: string[] = [];
  #inside = false;
  readonly #waiting = new Set<() => void>();

  start(state: StoreState): void {
    this.#call("start", () => {
      if (this.started !== undefined) this.breaches.push("start was called twice");
      this.started = state;
      for (const [key, entry] of state.entries) this.entries.set(key, entry);
    });
  }

  change(change: StoreChange): void {
    this.#call("change", () => {
      if (this.started === undefined) this.breaches.push("a change came before start");
      this.changes.push(change);
      for (const key of change.deletes) this.entries.delete(key);
      for (const entry of change.puts) this.entries.set(entry.key, entry);
    });
  }

  health(health: StoreHealth): void {
    this.#call("health", () => this.healths.push(health));
  }

  /** The value of one key as text. */
  text(key: string): string | undefined {
    const entry = this.entries.get(key);
    return entry === undefined ? undefined : Buffer.from(entry.value).toString();
  }

  /** Keys and values as text. */
  values(): Record<string, string> {
    const pairs = [...this.entries].map(([key, { value }]) => [key, Buffer.from(value).toString()]);
    return Object.fromEntries(pairs.sort());
  }

  /** Resolves at the first call after which `condition` holds. */
  until(what: string, condition: () => boolean, timeoutMs = 10_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = () => {
        if (!condition()) return;
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(check);
        const last = JSON.stringify(this.healths.at(-1));
        reject(new Error(`timed out after ${timeoutMs} ms waiting for ${what}; health: ${last}`));
      }, timeoutMs);
      this.#waiting.add(check);
      check();
    });
  }

  #call(call: "start" | "change" | "health", record: () => void): void {
    if (this.#inside) this.breaches.push(`${call} overlaps another call`);
    if (this.closed) this.breaches.push(`${call} came after close`);
    this.#inside = true;
    record();
    this.onCall(call);
    this.#inside = false;
    for (const check of [...this.#waiting]) check();
  }
}
