/**
 * Room for requests that come in parts, of all streams together. A long one is read on only when
 * there is room for all of it, so that those that are being read can always be finished. Others wait
 * in the order in which they came, and hold what flow control lets their clients send ahead.
 */
export interface Place {
  readonly isGranted: boolean;
  /** Gives the room to the next one; or waits no more. */
  leave(): void;
}

interface Asked extends Place {
  readonly bytes: number;
  grant(): void;
}

export class Room {
  readonly #mostBytes: number;
  readonly #mostWaiting: number;
  #takenBytes = 0;
  /** In the order in which they came. */
  readonly #waiting = new Set<Asked>();

  constructor(mostBytes: number, mostWaiting: number) {
    this.#mostBytes = mostBytes;
    this.#mostWaiting = mostWaiting;
  }

  get takenBytes(): number {
    return this.#takenBytes;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** `granted` is called later, where there is no room now; undefined: too many wait for it. */
  ask(bytes: number, granted: () => void): Place | undefined {
    let isGranted = false;
    const asked: Asked = {
      bytes,
      get isGranted() {
        return isGranted;
      },
      grant: () => {
        isGranted = true;
        granted();
      },
      leave: () => {
        if (!isGranted) this.#waiting.delete(asked);
        else this.#takenBytes -= bytes;
        this.#admit();
      },
    };
    if (this.#waiting.size === 0 && this.#fits(bytes)) {
      this.#takenBytes += bytes;
      isGranted = true;
      return asked;
    }
    if (this.#waiting.size >= this.#mostWaiting) return undefined;
    this.#waiting.add(asked);
    return asked;
  }

  /** One that is longer than all the room has it for itself. */
  #fits(bytes: number): boolean {
    return this.#takenBytes === 0 || this.#takenBytes + bytes <= this.#mostBytes;
  }

  #admit(): void {
    for (const asked of this.#waiting) {
      if (!this.#fits(asked.bytes)) return;
      this.#waiting.delete(asked);
      this.#takenBytes += asked.bytes;
      asked.grant();
    }
  }
}
