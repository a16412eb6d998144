import { limits } from "../config/limits.ts";
import type { Clock } from "../lib/clock.ts";
import type { XdsStream } from "./stream.ts";

/** Streams that there may be something to send to. However many changes there are, each is in once. */
export class Wakes {
  readonly #clock: Clock;
  readonly #streams = new Set<XdsStream>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#streams.size;
  }

  add(stream: XdsStream): void {
    this.#streams.add(stream);
  }

  delete(stream: XdsStream): void {
    this.#streams.delete(stream);
  }

  /** Pumps as many as one turn has time for, and says which. */
  pump(): readonly XdsStream[] {
    const untilMs = this.#clock.monotonicMs() + limits.xds.pushTurnMs;
    const pumped: XdsStream[] = [];
    for (const stream of this.#streams) {
      this.#streams.delete(stream);
      stream.pump();
      pumped.push(stream);
      if (this.#clock.monotonicMs() >= untilMs) break;
    }
    return pumped;
  }
}
