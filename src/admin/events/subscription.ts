/**
 * One reader of events. What it is still to get is a set of cells, and a cell has the newest of its kind and
 * service: a reader that is slow loses what was in between, never the last, and takes up no more memory
 * than there are services.
 */

/** The newest that is to be said of something. */
export interface Cell {
  /** Encoded for the first reader that takes it, shared by the others. undefined: there is nothing to say. */
  take(): Uint8Array | undefined;
}

/** `refused`: who reads may do so no longer. */
export type EndOfStream = "closing" | "stalled" | "gone" | "refused";

export interface SubscriptionOptions {
  /** undefined: all. */
  readonly services: ReadonlySet<string> | undefined;
  /** Asked now and then: a token may be taken away, or have had its time. */
  readonly mayGoOn: () => boolean;
  readonly onEnd: (subscription: Subscription, why: EndOfStream) => void;
  /** Name of the token; undefined: whoever reads needs none. */
  readonly token?: string | undefined;
}

export class Subscription {
  readonly services: ReadonlySet<string> | undefined;
  readonly mayGoOn: () => boolean;
  readonly token: string | undefined;
  readonly #onEnd: SubscriptionOptions["onEnd"];
  readonly #pending = new Set<Cell>();
  /** Since when something waits; of no meaning where nothing does. */
  #waitsSinceMs = 0;
  #wake: () => void = () => undefined;
  #end: EndOfStream | undefined;

  constructor({ services, mayGoOn, onEnd, token }: SubscriptionOptions) {
    this.token = token;
    this.mayGoOn = mayGoOn;
    this.services = services;
    this.#onEnd = onEnd;
  }

  get ended(): EndOfStream | undefined {
    return this.#end;
  }

  wants(service: string): boolean {
    return this.services?.has(service) ?? true;
  }

  /** One that is waited for already keeps its place. */
  add(cell: Cell, nowMs: number): void {
    if (this.#end !== undefined) return;
    if (this.#pending.size === 0) this.#waitsSinceMs = nowMs;
    this.#pending.add(cell);
    this.#wake();
  }

  remove(cell: Cell): void {
    this.#pending.delete(cell);
  }

  /** At most `count` of what waits. */
  take(count: number, nowMs: number): readonly Uint8Array[] {
    const taken: Uint8Array[] = [];
    for (const cell of this.#pending) {
      if (taken.length === count) break;
      this.#pending.delete(cell);
      const bytes = cell.take();
      if (bytes !== undefined) taken.push(bytes);
    }
    this.#waitsSinceMs = nowMs;
    return taken;
  }

  /** Resolves when there may be something to take, or the end has come. */
  ready(): Promise<void> {
    if (this.#pending.size > 0 || this.#end !== undefined) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** For how long it has not taken what waits; 0: nothing does. */
  waitedMs(nowMs: number): number {
    return this.#pending.size === 0 ? 0 : nowMs - this.#waitsSinceMs;
  }

  get isAtRest(): boolean {
    return this.#pending.size === 0;
  }

  end(why: EndOfStream): void {
    if (this.#end !== undefined) return;
    this.#end = why;
    this.#pending.clear();
    this.#wake();
    this.#onEnd(this, why);
  }
}
