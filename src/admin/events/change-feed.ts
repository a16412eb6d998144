/** Tells whoever follows this process what has moved. With nobody there, it costs nothing. */
import type { SeenAlert } from "../../rollout/alert/alert-log.ts";

export interface ChangeListener {
  /** A state was translated and applied. */
  built(event: Built): void;
  /** Figures of requests were taken. */
  stepped(): void;
  /** A proxy came, went, was sent something, or answered. */
  proxiesMoved(): void;
  alerted(seen: SeenAlert): void;
  /** The store is not to be had, or is again. */
  storeMoved(): void;
  /** What is known of a service may be something else, and no build tells it. */
  touched(service: string): void;
}

export interface Built {
  readonly revision: bigint;
  /** Keys whose content is another one. */
  readonly changedKeys: readonly string[];
}

export class ChangeFeed implements ChangeListener {
  readonly #listeners = new Set<ChangeListener>();

  /** What is returned ends it. */
  add(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  built(event: Built): void {
    for (const each of this.#listeners) each.built(event);
  }

  stepped(): void {
    for (const each of this.#listeners) each.stepped();
  }

  proxiesMoved(): void {
    for (const each of this.#listeners) each.proxiesMoved();
  }

  alerted(seen: SeenAlert): void {
    for (const each of this.#listeners) each.alerted(seen);
  }

  storeMoved(): void {
    for (const each of this.#listeners) each.storeMoved();
  }

  touched(service: string): void {
    for (const each of this.#listeners) each.touched(service);
  }
}
