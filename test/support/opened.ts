/** What a scene has started, to be ended in the opposite order, also where starting fails half way. */
export interface Opened {
  /** Remembers how `part` ends, and returns it. */
  opened<T>(part: T, close: (part: T) => Promise<unknown>): T;
  stop(): Promise<void>;
}

export function openedParts(): Opened {
  const closers: (() => Promise<unknown>)[] = [];
  return {
    opened: (part, close) => {
      closers.push(() => close(part));
      return part;
    },
    stop: async () => {
      for (const close of closers.toReversed()) await close();
    },
  };
}
