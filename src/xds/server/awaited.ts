/**
 * A message that a call waits for: the first one, or one that has begun. Its client has so long to
 * send the rest, and a long one needs room.
 */
import { limits } from "../../config/limits.ts";
import type { Clock } from "../../lib/clock.ts";
import { type EndReason, reasons } from "../end-reason.ts";
import type { WireBounds } from "./bounds.ts";
import type { Place, Room } from "./room.ts";

export interface AwaitedParts {
  readonly clock: Clock;
  readonly room: Room;
  readonly bounds: WireBounds;
  /** There is room now: the call reads on. */
  granted(): void;
  /** False where it is the server itself that does not read on. */
  isRead(): boolean;
  /** It takes too long. */
  expired(reason: EndReason): void;
}

export class AwaitedMessage {
  readonly #parts: AwaitedParts;
  #cancel: (() => void) | undefined;
  #place: Place | undefined;

  constructor(parts: AwaitedParts) {
    this.#parts = parts;
    this.#startTimer();
  }

  /** Room for so many bytes: there now, or later, when `granted` is called; or not at all. */
  roomFor(bytes: number): "now" | "later" | "none" {
    const { room, granted } = this.#parts;
    if (bytes <= limits.xds.unaskedBytes) return "now";
    this.#place ??= room.ask(bytes, () => {
      // Until now it was not the client that took its time.
      this.#cancel?.();
      this.#startTimer();
      granted();
    });
    if (this.#place === undefined) return "none";
    return this.#place.isGranted ? "now" : "later";
  }

  /** The message is whole, or the call is over. */
  done(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#place?.leave();
    this.#place = undefined;
  }

  #startTimer(): void {
    const { clock, bounds, isRead, expired } = this.#parts;
    const cancel = clock.after(bounds.messageMs, () => {
      if (!isRead()) {
        this.#startTimer();
        return;
      }
      // The rest may wait in the socket behind what kept the thread busy: it is read first.
      setImmediate(() => {
        if (this.#cancel !== cancel) return;
        expired(this.#place?.isGranted === false ? reasons.noRoom : reasons.tooSlow);
      });
    });
    this.#cancel = cancel;
  }
}
